#include "carnyx/layers/frozen.h"

#include <span>

namespace carnyx {
namespace {

/// Another layer in all but its weights.
class Frozen final : public Layer {
 public:
  explicit Frozen(AnyLayer layer) : layer_(std::move(layer)) {}
  [[nodiscard]] std::string class_name() const override { return layer_->class_name(); }
  Value build(GraphBuilder& builder, Value x) const override {
    const GraphBuilder::Freeze freeze(builder);
    return layer_->build(builder, x);
  }
  Value build_from(GraphBuilder& builder, std::span<const Value> xs) const override {
    const GraphBuilder::Freeze freeze(builder);
    return layer_->build_from(builder, xs);
  }
  [[nodiscard]] Json config() const override { return layer_->config(); }
  [[nodiscard]] std::string name() const override { return layer_->name(); }
  [[nodiscard]] bool trainable() const override { return false; }
  [[nodiscard]] std::optional<Shape> input_shape() const override { return layer_->input_shape(); }

 private:
  AnyLayer layer_;
};

}  // namespace

AnyLayer frozen(const AnyLayer& layer) {
  return layer->trainable() ? AnyLayer(Frozen(layer)) : layer;
}

}  // namespace carnyx

// Elementwise groups: strips are read, run through the stages and stored.
#include <utility>

#include "carnyx/kernels/matmul.h"

#include "kernels/cpu/strip_chunks.h"

namespace carnyx::kernels {
namespace {

/// Whether the stage is the same whatever row or column an element is said to be in.
bool ignores_place(const Stage& stage) {
  switch (stage.kind) {
    case StageKind::BinaryRow:
    case StageKind::BinaryGroup:
    case StageKind::Dropout:
    case StageKind::Noise:
    case StageKind::RowMask:
      return false;
    default:
      return stage.operand.buffer < 0 || stage.operand.format.layout == Layout::Rows;
  }
}

/// Rows of few or odd columns make poor strips. Where place is ignored and all lies in Rows, any
/// whole number of panels may be seen as a matrix of 16 columns, whose rows are a strip.
void flatten(Operand& x, std::vector<Stage>& stages) {
  const std::int64_t elements = x.shape.rows() * x.shape.columns();
  if (x.format.layout != Layout::Rows || elements % kPanel != 0) return;
  if (!std::all_of(stages.begin(), stages.end(), ignores_place)) return;
  const Shape flat({elements / kPanel, kPanel});
  x.shape = flat;
  for (Stage& stage : stages) stage.operand.shape = flat;
}

class Elementwise final : public Kernel {
 public:
  Elementwise(Operand x, std::vector<Stage> stages)
      : x_(std::move(x)), stages_(std::move(stages)), chunks_(strip_chunks(x_.shape)) {}

  [[nodiscard]] std::int64_t chunks() const override { return chunks_.count(); }
  [[nodiscard]] std::int64_t scratch_bytes() const override { return StripScratch::bytes(); }
  void run(std::int64_t chunk, const Arguments& arguments) const override {
    const StripScratch scratch(arguments);
    for_each_strip(chunks_.bounds(chunk), x_.shape.columns(), [&](const StripPlace& place) {
      load_strip(x_, arguments.buffers[x_.buffer], place, scratch.strip);
      run_stages(stages_, place, arguments, scratch.strip, scratch.spare);
    });
  }

 private:
  Operand x_;
  std::vector<Stage> stages_;
  Chunks chunks_;
};

}  // namespace

std::unique_ptr<Kernel> make_elementwise(Operand x, std::vector<Stage> stages) {
  const std::int64_t rows = x.shape.rows(), columns = x.shape.columns();
  check_operand(x, rows, columns, true, "elementwise: x");
  check_stages(stages, rows, columns, "elementwise");
  flatten(x, stages);
  return std::make_unique<Elementwise>(std::move(x), std::move(stages));
}

}  // namespace carnyx::kernels

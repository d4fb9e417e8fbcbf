// Elementwise groups: strips are read, run through the stages and stored.
#include <utility>

#include "carnyx/kernels/matmul.h"

#include "kernels/cpu/chunks.h"
#include "kernels/cpu/stages.h"
#include "kernels/cpu/strip.h"

namespace carnyx::kernels {
namespace {

constexpr std::int64_t kPanelsPerChunk = 8;  // with kStripRows rows 16,384 elements, 5 to 50 us

/// Whether the stage is the same whatever row or column an element is said to be in.
bool ignores_place(const Stage& stage) {
  switch (stage.kind) {
    case StageKind::BinaryRow:
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

/// Ranges of all panels, if they are few, and of more rows then.
Chunks cut(const Shape& shape) {
  const std::int64_t panels = shape.rows() == 0 ? 0 : panel_count(shape.columns());
  const std::int64_t panels_per_chunk = std::clamp<std::int64_t>(panels, 1, kPanelsPerChunk);
  return {.rows = shape.rows(),
          .panels = panels,
          .rows_per_chunk = kStripRows * (kPanelsPerChunk / panels_per_chunk),
          .panels_per_chunk = panels_per_chunk};
}

class Elementwise final : public Kernel {
 public:
  Elementwise(Operand x, std::vector<Stage> stages)
      : x_(std::move(x)), stages_(std::move(stages)), chunks_(cut(x_.shape)) {}

  [[nodiscard]] std::int64_t chunks() const override { return chunks_.count(); }
  [[nodiscard]] std::int64_t scratch_bytes() const override {
    return 2 * kStripRows * kPanel * static_cast<std::int64_t>(sizeof(float));
  }
  void run(std::int64_t chunk, const Arguments& arguments) const override {
    const ChunkBounds bounds = chunks_.bounds(chunk);
    auto* strip = reinterpret_cast<float*>(arguments.scratch.data());
    float* spare = strip + kStripRows * kPanel;
    for (std::int64_t panel = bounds.panel; panel < bounds.panel + bounds.panels; ++panel) {
      for (std::int64_t row = 0; row < bounds.rows; row += kStripRows) {
        const std::int64_t rows = std::min(kStripRows, bounds.rows - row);
        const StripPlace place = strip_place(bounds.row + row, rows, panel, x_.shape.columns());
        load_strip(x_, arguments.buffers[x_.buffer], place, strip);
        run_stages(stages_, place, arguments, strip, spare);
      }
    }
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

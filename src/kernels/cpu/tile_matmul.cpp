// Matmul of bfloat16 tiles; README.md tells the loop order and why.
#include "kernels/cpu/tile_matmul.h"

#include <array>
#include <utility>

#include "carnyx/base/error.h"
#include "carnyx/kernels/isa.h"

#include "kernels/cpu/chunks.h"
#include "kernels/cpu/matmul_results.h"
#include "kernels/cpu/strip.h"
#include "kernels/cpu/tiles.h"

namespace carnyx::kernels {
namespace {

constexpr std::int64_t kGroup = 2;  // panels that are multiplied together
constexpr std::int64_t kFloatBytes = sizeof(float);

/// How a product is cut, from its shape alone, and where a thread's scratch holds what.
struct TilePlan {
  Chunks chunks;
  std::int64_t strip_rows = 0;  ///< a multiple of 32 unless it covers all rows
  std::int64_t k_tiles = 0;
  std::int64_t block_tiles = 0;  ///< of k, so that a group's packed b stays in L1
  bool registers = false;        ///< tile registers, or dot products
  /// Bytes from the start of scratch.
  std::int64_t b = 0, c = 0, spare = 0, bytes = 0;
};

// Multiply-adds of a chunk. 2^21 are a microsecond and a half in one part; a group of panels whose
// rows make more than 2^24 is cut by rows, though b is packed again for each cut.
constexpr std::int64_t kLeastWork = std::int64_t{1} << 21;
constexpr std::int64_t kMostWork = std::int64_t{1} << 24;
constexpr std::int64_t kWantedChunks = 32;
constexpr std::int64_t kLeastRows = 64;  // reading and packing b costs as much as so many rows
/// What stages and an update cost for each result, in multiply-adds.
constexpr std::int64_t kStagesWork = 256;
constexpr std::int64_t kUpdateWork = 512;
constexpr std::int64_t kBlockTiles = 16;  // 32 KiB of packed b for two panels

Chunks cut(const MatmulSpec& spec) {
  Chunks chunks{.rows = spec.m, .panels = panel_count(spec.n)};
  const std::int64_t depth = spec.k + (spec.update ? kUpdateWork : kStagesWork);
  const std::int64_t group_work = std::max(kLeastRows, spec.m) * kGroup * kPanel * depth;
  const std::int64_t groups = blocks_of(chunks.panels, kGroup);
  const std::int64_t wanted =
      std::clamp(group_work * groups / kWantedChunks, kLeastWork, kMostWork);
  chunks.panels_per_chunk = std::max<std::int64_t>(1, wanted / group_work) * kGroup;
  chunks.rows_per_chunk = even_share(spec.m, group_work / (4 * wanted) + 1, 2 * kPanel);
  return chunks;
}

TilePlan plan_tiles(const MatmulSpec& spec) {
  const int parts = spec.a.format.parts;
  TilePlan plan{.chunks = cut(spec), .registers = selected_isa() == Isa::Amx};
  const std::int64_t rows = plan.chunks.rows_per_chunk;
  plan.strip_rows = even_share(rows, blocks_of(rows, kStripRows), 2 * kPanel);
  plan.k_tiles = blocks_of(spec.k, kLineWidth);
  const std::int64_t blocks = blocks_of(plan.k_tiles * parts, kBlockTiles);
  plan.block_tiles = even_share(plan.k_tiles, blocks, 1);
  const std::int64_t strip_bytes = kStripRows * kPanel * kFloatBytes;
  plan.c = kGroup * plan.k_tiles * parts * kTileElements * size_of(DType::Bfloat16);
  plan.spare = plan.c + kGroup * strip_bytes;
  plan.bytes = plan.spare + strip_bytes;
  return plan;
}

/// The sum over k of a panel of b, strip by strip.
struct PanelSum {
  bool wanted = false;
  alignas(64) std::array<float, kPanel> total{};

  void add(const float* strip, std::int64_t rows) {
    if (!wanted) return;
    alignas(64) std::array<float, kPanel> part;
    sum_rows(strip, rows, part.data());
    for (std::size_t i = 0; i < total.size(); ++i) total[i] += part[i];
  }
  void add_transposed(const float* block, std::int64_t rows, std::int64_t columns) {
    if (!wanted) return;
    alignas(64) std::array<float, kPanel * kPanel> strip;
    transpose_strip(block, rows, columns, strip.data());
    add(strip.data(), columns);
  }
};

/// One chunk of a product on one thread.
class ChunkRun {
 public:
  ChunkRun(const MatmulSpec& spec,
           const TilePlan& plan,
           std::int64_t chunk,
           const Arguments& arguments)
      : spec_(spec),
        plan_(plan),
        arguments_(arguments),
        bounds_(plan.chunks.bounds(chunk)),
        parts_(spec.a.format.parts),
        b_panel_(plan.k_tiles * parts_ * kTileElements) {}

  void run() const {
    const TileScope tiles(plan_.registers);
    const std::int64_t end = bounds_.panel + bounds_.panels;
    for (std::int64_t panel = bounds_.panel; panel < end; panel += kGroup) {
      run_group(panel, std::min(kGroup, end - panel));
    }
  }

 private:
  void run_group(std::int64_t panel, std::int64_t panels) const {
    for (std::int64_t i = 0; i < panels; ++i) pack_b(panel + i, b() + i * b_panel_);
    const std::int64_t end = bounds_.row + bounds_.rows;
    for (std::int64_t row = bounds_.row; row < end; row += plan_.strip_rows) {
      const std::int64_t rows = std::min(plan_.strip_rows, end - row);
      multiply_strips(row, rows, panels);
      for (std::int64_t i = 0; i < panels; ++i) {
        const StripPlace place = strip_place(row, rows, panel + i, spec_.n);
        finish_strip(spec_, place, arguments_, false, c() + i * c_panel(), spare());
      }
    }
  }

  /// Some rows of a group of panels, through all of k.
  void multiply_strips(std::int64_t row, std::int64_t rows, std::int64_t panels) const {
    const auto multiply = plan_.registers ? multiply_tiles : multiply_dots;
    for (std::int64_t k = 0; k == 0 || k < plan_.k_tiles; k += plan_.block_tiles) {
      TileBlock block = block_at(row, k);
      const std::int64_t row_tiles = blocks_of(rows, kPanel);
      for (std::int64_t done = 0; done < row_tiles; done += 2) {
        multiply(block, std::min<std::int64_t>(2, row_tiles - done), panels, parts_);
        block.a += plan_.k_tiles * kBlock;
        block.c += kLineWidth * kPanel;
      }
    }
  }

  [[nodiscard]] TileBlock block_at(std::int64_t row, std::int64_t k_tile) const {
    const Shape& a = spec_.a.shape;
    const std::int64_t first = (row / kLineWidth * plan_.k_tiles + k_tile) * kBlock;
    return {.a = arguments_.address<Bfloat16>(spec_.a.buffer) + first,
            .a_stride = kBlock,
            .a_part = padded_elements(spec_.a.format.layout, a.rows(), a.columns()),
            .b = b() + k_tile * parts_ * kTileElements,
            .b_panel = b_panel_,
            .k_tiles = std::min(plan_.block_tiles, plan_.k_tiles - k_tile),
            .c = c(),
            .c_panel = c_panel(),
            .accumulate = k_tile > 0};
  }

  void pack_b(std::int64_t panel, Bfloat16* out) const {
    PanelSum sum{.wanted = spec_.column_sum && bounds_.row == 0};
    if (spec_.transpose_b) {
      pack_transposed_b(panel, out, sum);
    } else {
      pack_straight_b(panel, out, sum);
    }
    if (sum.wanted)
      finish_column_sum(*spec_.column_sum, spec_.n, panel, arguments_, sum.total.data());
  }

  void pack_straight_b(std::int64_t panel, Bfloat16* out, PanelSum& sum) const {
    for (std::int64_t row = 0; row < spec_.k; row += kStripRows) {
      const std::int64_t rows = std::min(kStripRows, spec_.k - row);
      const float* strip = read_b(strip_place(row, rows, panel, spec_.n), spare());
      pack_rows(strip, rows, parts_, out + row / kLineWidth * parts_ * kTileElements);
      sum.add(strip, rows);
    }
  }

  void pack_transposed_b(std::int64_t panel, Bfloat16* out, PanelSum& sum) const {
    const std::int64_t row = panel * kPanel;
    const std::int64_t rows = std::min(kPanel, spec_.n - row);
    const std::int64_t panels = panel_count(spec_.k);
    std::array<const float*, 2> halves{};
    for (std::int64_t k_panel = 0; k_panel < panels; ++k_panel) {
      const std::size_t half = k_panel % 2;
      const StripPlace place = strip_place(row, rows, k_panel, spec_.k);
      halves[half] = read_b(place, spare() + half * kPanel * kPanel);
      sum.add_transposed(halves[half], rows, place.columns);
      if (half == 0 && k_panel + 1 < panels) continue;
      pack_columns(halves[0], half == 1 ? halves[1] : nullptr, rows, parts_, out);
      out += parts_ * kTileElements;
    }
  }

  [[nodiscard]] const float* read_b(const StripPlace& place, float* spare) const {
    return read_strip(spec_.b, arguments_.buffers[spec_.b.buffer], place, spare);
  }

  [[nodiscard]] Bfloat16* b() const {
    return reinterpret_cast<Bfloat16*>(arguments_.scratch.data() + plan_.b);
  }
  [[nodiscard]] float* c() const {
    return reinterpret_cast<float*>(arguments_.scratch.data() + plan_.c);
  }
  [[nodiscard]] float* spare() const {
    return reinterpret_cast<float*>(arguments_.scratch.data() + plan_.spare);
  }
  static constexpr std::int64_t c_panel() { return kStripRows * kPanel; }

  const MatmulSpec& spec_;
  const TilePlan& plan_;
  const Arguments& arguments_;
  ChunkBounds bounds_;
  int parts_;
  std::int64_t b_panel_;
};

class TileMatmul final : public Kernel {
 public:
  explicit TileMatmul(MatmulSpec spec) : spec_(std::move(spec)), plan_(plan_tiles(spec_)) {}

  [[nodiscard]] std::int64_t chunks() const override { return plan_.chunks.count(); }
  [[nodiscard]] std::int64_t scratch_bytes() const override { return plan_.bytes; }
  void run(std::int64_t chunk, const Arguments& arguments) const override {
    ChunkRun(spec_, plan_, chunk, arguments).run();
  }

 private:
  MatmulSpec spec_;
  TilePlan plan_;
};

}  // namespace

std::unique_ptr<Kernel> make_tile_matmul(MatmulSpec spec) {
  const Format& a = spec.a.format;
  const Layout wanted = spec.transpose_a ? Layout::ColumnTiles : Layout::RowTiles;
  if (a.layout != wanted || a.dtype != DType::Bfloat16 || a.parts < 1 || a.parts > 2) {
    throw InvalidArgument("matmul: a: expected bfloat16 lines along k, in one part or two");
  }
  return std::make_unique<TileMatmul>(std::move(spec));
}

}  // namespace carnyx::kernels

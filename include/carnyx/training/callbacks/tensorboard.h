#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "carnyx/base/clock.h"
#include "carnyx/base/json.h"
#include "carnyx/training/callback.h"

namespace carnyx {

/// How scalars are named: "epoch_loss" in train/ and validation/, or "loss" and "val_loss" in one
/// folder.
enum class TensorBoardTags { Keras3, Keras2 };
std::string_view name_of(TensorBoardTags tags);  ///< "keras3", "keras2"
void from_name(std::string_view name, TensorBoardTags& tags);

struct TensorBoardOptions {
  std::string log_dir = "logs";
  std::int64_t histogram_freq = 0;  ///< epochs between histograms of all weights; 0: none
  bool write_graph = true;          ///< the model, for the Graphs page
  bool write_steps_per_second = false;
  std::int64_t update_freq = 0;  ///< steps between "batch_" scalars, counted over the run; 0: none
  TensorBoardTags tags = TensorBoardTags::Keras3;
  Json hparams = Json();         ///< an object, for the HParams page; null: no session is written
  const Clock* clock = nullptr;  ///< outlives the callback; null: the machine's
};

/// Writes TensorBoard's events. Each is in its file at once, so a killed run keeps what it wrote; a
/// run that goes on writes new files, in which an epoch may come again with the same numbers. A
/// disk that refuses is no reason to stop: it warns once, and training goes on without events.
/// Source: Keras 3, keras.callbacks.TensorBoard.
class TensorBoard final : public Callback {
 public:
  /// Throws InvalidArgument for an empty log_dir or negative frequencies.
  explicit TensorBoard(TensorBoardOptions options);
  ~TensorBoard() override;

  [[nodiscard]] std::string name() const override { return "tensorboard"; }
  [[nodiscard]] std::int64_t every_steps() const override;
  void on_train_begin(CallbackContext& context) override;
  void on_epoch_begin(CallbackContext& context, std::int64_t epoch) override;
  void on_step(CallbackContext& context,
               std::int64_t epoch,
               std::int64_t step,
               const Logs& logs) override;
  void on_epoch_end(CallbackContext& context, std::int64_t epoch, Logs& logs) override;
  void on_train_end(CallbackContext& context, const Logs& logs) override;

 private:
  class Events;
  std::unique_ptr<Events> events_;
};

}  // namespace carnyx

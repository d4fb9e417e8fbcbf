#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "carnyx/training/callback.h"

namespace carnyx {

/// What LambdaCallback calls; what is empty is not called.
struct LambdaCallbackOptions {
  std::string name = "lambda_callback";
  std::function<void(CallbackContext&)> on_train_begin = {};
  std::function<void(CallbackContext&, std::int64_t epoch)> on_epoch_begin = {};
  std::function<void(CallbackContext&, std::int64_t epoch, std::int64_t step, const Logs&)>
      on_step = {};
  std::int64_t every_steps = 1;  ///< how often on_step is called
  std::function<void(CallbackContext&, std::int64_t epoch, Logs&)> on_epoch_end = {};
  std::function<void(CallbackContext&, const Logs&)> on_train_end = {};
};

/// A callback made of functions. Source: Keras 3, keras.callbacks.LambdaCallback.
class LambdaCallback final : public Callback {
 public:
  explicit LambdaCallback(LambdaCallbackOptions options) : options_(std::move(options)) {}

  [[nodiscard]] std::string name() const override { return options_.name; }
  [[nodiscard]] std::int64_t every_steps() const override {
    return options_.on_step ? options_.every_steps : 0;
  }
  void on_train_begin(CallbackContext& context) override {
    if (options_.on_train_begin) options_.on_train_begin(context);
  }
  void on_epoch_begin(CallbackContext& context, std::int64_t epoch) override {
    if (options_.on_epoch_begin) options_.on_epoch_begin(context, epoch);
  }
  void on_step(CallbackContext& context,
               std::int64_t epoch,
               std::int64_t step,
               const Logs& logs) override {
    if (options_.on_step) options_.on_step(context, epoch, step, logs);
  }
  void on_epoch_end(CallbackContext& context, std::int64_t epoch, Logs& logs) override {
    if (options_.on_epoch_end) options_.on_epoch_end(context, epoch, logs);
  }
  void on_train_end(CallbackContext& context, const Logs& logs) override {
    if (options_.on_train_end) options_.on_train_end(context, logs);
  }

 private:
  LambdaCallbackOptions options_;
};

}  // namespace carnyx

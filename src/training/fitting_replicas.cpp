// What replicas do together: every collective call of a run but the gradient's is made here, at
// points that all of them reach whatever their callbacks, stop flags and checkpoints ask for.
#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "carnyx/base/error.h"
#include "carnyx/base/format.h"

#include "training/fitting.h"

namespace carnyx {
namespace {

/// Its moments over all replicas would have to be known in the middle of a step.
void require_own_batches(const Network& network) {
  for (const Network::NamedLayer& named : network.layers()) {
    const Json config = named.layer->config();
    const Json* synchronized = config.find("synchronized");
    if (synchronized == nullptr || !synchronized->as_bool() || !named.layer->trainable()) continue;
    throw InvalidArgument(
        format("fit: {} is synchronized, but each replica normalises its rows by their own "
               "statistics; set synchronized to false",
               named.name));
  }
}

}  // namespace

/// All begin with the first one's weights and at its position, and know when it saves.
void Fitting::begin_together(const Json& resumed) {
  saves_checkpoints_ = checkpoints_ != nullptr;
  if (replicas_.size() == 1) return restore_callback_tensors();
  require_own_batches(state_.network);
  const Json beginning = broadcast(Json::object({{"resumed", resumed},
                                                 {"saves_checkpoints", saves_checkpoints_},
                                                 {"every_steps", options_.checkpoint.every_steps},
                                                 {"iterations", state_.iterations},
                                                 {"learning_rate", state_.learning_rate}}));
  saves_checkpoints_ = beginning.at("saves_checkpoints").as_bool();
  options_.checkpoint.every_steps = beginning.at("every_steps").as_int();
  state_.iterations = beginning.at("iterations").as_int();
  state_.learning_rate = beginning.at("learning_rate").as_number();
  const Json& state = beginning.at("resumed");
  if (!state.is_null() && replicas_.rank() != 0) restore(state);
  for (const auto& entry : state_.states->entries()) {
    Tensor values = state_.states->read(entry.spec.name);
    replicas_.broadcast({values.bytes(), static_cast<std::size_t>(values.size_bytes())});
    state_.states->write(entry.spec.name, values);
  }
  broadcast_callback_tensors();
  restore_callback_tensors();
}

/// What callbacks remember in tensors is in the first one's checkpoint, and decides on all.
void Fitting::broadcast_callback_tensors() {
  Json list = Json::array();
  for (const NamedTensor& kept : callback_tensors_) {
    list.push_back(Json::object({{"name", kept.name},
                                 {"dtype", name_of(kept.tensor.dtype())},
                                 {"shape", Json::array_of(kept.tensor.shape().axes())}}));
  }
  const Json known = broadcast(list);
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (replicas_.rank() != 0) {
      std::vector<std::int64_t> axes;
      for (const Json& axis : known.at(i).at("shape").items()) axes.push_back(axis.as_int());
      const DType dtype = dtype_from_name(known.at(i).at("dtype").as_string());
      callback_tensors_.push_back(
          {known.at(i).at("name").as_string(), Tensor(dtype, Shape(std::move(axes)))});
    }
    Tensor& tensor = callback_tensors_[i].tensor;
    replicas_.broadcast({tensor.bytes(), static_cast<std::size_t>(tensor.size_bytes())});
  }
}

/// The first replica's `json`, on all.
Json Fitting::broadcast(const Json& json) {
  std::string text = json.dump();
  std::array<std::uint64_t, 1> size = {text.size()};
  replicas_.broadcast(std::as_writable_bytes(std::span(size)));
  text.resize(size[0]);
  replicas_.broadcast(std::as_writable_bytes(std::span(text)));
  return Json::parse(text, "the first replica's state");
}

/// Called after every step and every epoch: whether all leave now. Who asks for the end of the
/// training, in a callback, ends it for all; that outweighs leaving, for the run is then complete.
bool Fitting::agree_to_leave() {
  const bool asked = options_.stop != nullptr && options_.stop->stop_requested().has_value();
  if (!replicas_.leave_together(asked || context_.stop_training)) return false;
  std::array<double, 2> wishes = {asked ? 1.0 : 0.0, context_.stop_training ? 1.0 : 0.0};
  replicas_.sum(wishes);
  context_.stop_training = wishes[1] > 0;
  return wishes[0] > 0 && !context_.stop_training;
}

/// Of a run that callbacks had ended: whether those of this one leave it so.
bool Fitting::agree_that_it_ended() const {
  std::array<double, 2> opinions = {0, 0};  // for it, against it
  for (const CallbackPtr& callback : options_.callbacks) {
    if (const auto ends = callback->still_ends(context_)) opinions[*ends ? 0 : 1] += 1;
  }
  replicas_.sum(opinions);
  return opinions[0] > 0 || opinions[1] == 0;
}

/// The epoch's means so far, over all replicas.
Logs Fitting::running_means() const {
  const auto own = position_.sums.numbers();
  std::vector<double> numbers(own.begin(), own.end());
  replicas_.sum(numbers);
  return position_.sums.logs_of(numbers);
}

/// What each replica has summed up in this epoch, in the order of their ranks. Not one sum: a run
/// that goes on must end in the same bits, and sums of other parts would differ in the last.
Json Fitting::gather_shares() const {
  const auto own = position_.sums.numbers();
  const std::size_t width = own.size();
  std::vector<double> numbers(width * static_cast<std::size_t>(replicas_.size()), 0);
  const auto share = [&](int rank) {
    return std::span(numbers).subspan(static_cast<std::size_t>(rank) * width, width);
  };
  std::ranges::copy(own, share(replicas_.rank()).begin());
  replicas_.sum(numbers);  // each adds zeros to the others' numbers
  Json shares = Json::array();
  for (int rank = 0; rank < replicas_.size(); ++rank) {
    shares.push_back(Json::array_of(share(rank)));
  }
  return shares;
}

/// This replica's part of the epoch so far. If there were more or fewer replicas, the first takes
/// all parts.
void Fitting::restore_shares(const Json& shares) {
  const auto& parts = shares.items();
  const bool same_count = std::ssize(parts) == replicas_.size();
  position_.sums.clear();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const int owner = same_count ? static_cast<int>(i) : 0;
    if (owner != replicas_.rank()) continue;
    std::vector<double> part;
    for (const Json& number : parts[i].items()) part.push_back(number.as_number());
    position_.sums.add(part);
  }
}

}  // namespace carnyx

#include "data/transfer.h"

#include <array>
#include <exception>
#include <memory>

#include <curl/curl.h>

#include "carnyx/base/clock.h"
#include "carnyx/base/error.h"
#include "carnyx/base/format.h"
#include "carnyx/base/stop.h"

namespace carnyx {
namespace {

struct CloseHandle {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using Handle = std::unique_ptr<CURL, CloseHandle>;

Handle new_handle() {
  static const CURLcode kReady =
      curl_global_init(CURL_GLOBAL_DEFAULT);  // once, before any thread's
  Handle handle(kReady == CURLE_OK ? curl_easy_init() : nullptr);
  if (handle == nullptr) throw IoError("libcurl cannot be started");
  return handle;
}

/// What the callbacks of one request share.
struct Request {
  PartFile& part;
  const TransferOptions& options;
  std::int64_t resumed_at = 0;
  Clock::Steady last_byte_at = SystemClock().steady();
  bool is_too_long = false;
  bool is_stalled = false;
  bool is_cancelled = false;
  std::exception_ptr error = {};  // must not pass through libcurl's frames
};

std::size_t on_bytes(char* data, std::size_t, std::size_t count, void* context) {
  auto& request = *static_cast<Request*>(context);
  if (request.part.size() + static_cast<std::int64_t>(count) > request.options.most_bytes) {
    request.is_too_long = true;
    return 0;
  }
  request.last_byte_at = SystemClock().steady();
  try {
    request.part.append({data, count});
  } catch (...) {
    request.error = std::current_exception();
    return 0;
  }
  return count;
}

int on_transfer(void* context, curl_off_t total, curl_off_t, curl_off_t, curl_off_t) {
  auto& request = *static_cast<Request*>(context);
  if (request.options.stop != nullptr && request.options.stop->stop_requested()) {
    request.is_cancelled = true;
    return 1;
  }
  // Not libcurl's own limit, which looks at the mean speed of the last five seconds.
  if (SystemClock().steady() - request.last_byte_at > request.options.stall_timeout) {
    request.is_stalled = true;
    return 1;
  }
  if (!request.options.progress) return 0;
  try {
    request.options.progress(request.part.size(), total == 0 ? 0 : request.resumed_at + total);
  } catch (...) {
    request.error = std::current_exception();
    return 1;
  }
  return 0;
}

void set_up(CURL* handle, const std::string& url, Request& request, char* reason) {
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https,file");
  curl_easy_setopt(handle, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(handle, CURLOPT_MAXREDIRS, 5L);
  curl_easy_setopt(handle, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  // Else closing the handle waits for a name server that doesn't answer, beyond any timeout.
  curl_easy_setopt(handle, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(handle, CURLOPT_USERAGENT, "carnyx");
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, reason);
  const TransferOptions& options = request.options;
  curl_easy_setopt(
      handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
  curl_easy_setopt(handle, CURLOPT_RESUME_FROM_LARGE, static_cast<curl_off_t>(request.resumed_at));
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &on_bytes);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &request);
  curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, &on_transfer);
  curl_easy_setopt(handle, CURLOPT_XFERINFODATA, &request);
}

TransferOutcome outcome_of(CURLcode code) {
  switch (code) {
    case CURLE_OK:
      return TransferOutcome::Done;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:  // no other time limit of libcurl is set
      return TransferOutcome::Unreachable;
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
      return TransferOutcome::Cut;
    default:
      return TransferOutcome::Refused;
  }
}

bool cannot_resume(CURLcode code) {
  return code == CURLE_RANGE_ERROR || code == CURLE_BAD_DOWNLOAD_RESUME;
}

}  // namespace

TransferResult transfer(const std::string& url, PartFile& part, const TransferOptions& options) {
  const Handle handle = new_handle();
  std::array<char, CURL_ERROR_SIZE> reason{};
  Request request = {.part = part, .options = options, .resumed_at = part.size()};
  set_up(handle.get(), url, request, reason.data());
  const CURLcode code = curl_easy_perform(handle.get());
  if (request.error) std::rethrow_exception(request.error);
  if (request.is_cancelled) {
    throw Cancelled(format("{}: stopped; the next fetch goes on at byte {}", url, part.size()));
  }
  if (request.is_too_long) {
    return {TransferOutcome::TooLong,
            format("expected at most {} bytes, and the server sends more", options.most_bytes)};
  }
  if (request.is_stalled) {
    return {TransferOutcome::Stalled,
            format("the server sent nothing for {} ms", options.stall_timeout.count())};
  }
  if (cannot_resume(code) && request.resumed_at > 0) {
    part.clear();
    return transfer(url, part, options);
  }
  const TransferOutcome outcome = outcome_of(code);
  if (outcome == TransferOutcome::Done) return {};
  return {outcome, reason[0] == '\0' ? curl_easy_strerror(code) : reason.data()};
}

}  // namespace carnyx

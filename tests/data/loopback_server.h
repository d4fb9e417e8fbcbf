// An HTTP server on 127.0.0.1 that answers as a test tells it to, one connection after the other.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace carnyx {

struct HttpRequest {
  std::string path;
  std::int64_t first_byte = 0;  ///< of a Range header, else 0
};

struct HttpResponse {
  std::string head;  ///< the status line and headers, each ended by \r\n
  std::string body;
  bool stalls = false;  ///< keeps the connection open after the body until the client leaves

  /// The bytes of `file` that `request` asks for, as a server that knows Range sends them.
  static HttpResponse ranged(const HttpRequest& request, std::string_view file) {
    const auto first = static_cast<std::size_t>(request.first_byte);
    if (first == 0) return whole(file);
    if (first >= file.size())
      return {"HTTP/1.1 416 Range Not Satisfiable\r\nContent-Length: 0\r\n", ""};
    const std::string range = std::to_string(first) + "-" + std::to_string(file.size() - 1);
    return {
        "HTTP/1.1 206 Partial Content\r\nContent-Length: " + std::to_string(file.size() - first) +
            "\r\nContent-Range: bytes " + range + "/" + std::to_string(file.size()) + "\r\n",
        std::string(file.substr(first))};
  }
  static HttpResponse whole(std::string_view file) {
    return {"HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(file.size()) + "\r\n",
            std::string(file)};
  }
  static HttpResponse not_found() {
    return {"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n", "none"};
  }
  /// The same headers, but only the first `size` bytes of the body, and then the end.
  [[nodiscard]] HttpResponse cut_after(std::size_t size) const {
    return {head, body.substr(0, size)};
  }
  /// The same headers and the first `size` bytes, and then nothing.
  [[nodiscard]] HttpResponse stalled_after(std::size_t size) const {
    return {head, body.substr(0, size), true};
  }
};

class LoopbackServer final {
 public:
  using Answer = std::function<HttpResponse(const HttpRequest&)>;

  explicit LoopbackServer(Answer answer)
      : answer_(std::move(answer)),
        listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
        wake_(::eventfd(0, EFD_CLOEXEC)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 8) != 0 ||
        ::getsockname(listener_, generic, &size) != 0) {
      throw std::runtime_error("no loopback server");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~LoopbackServer() {
    const std::uint64_t one = 1;
    if (::write(wake_, &one, sizeof one) != sizeof one) std::abort();
    thread_.join();
    ::close(listener_);
    ::close(wake_);
  }
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  /// "http://127.0.0.1:PORT/"
  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(port_) + "/";
  }
  [[nodiscard]] std::vector<HttpRequest> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  void serve() {
    while (is_ready(listener_)) {
      const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (client < 0) continue;
      talk(client);
      ::close(client);
    }
  }

  /// Waits for bytes or a connection; false if the server is to end.
  [[nodiscard]] bool is_ready(int descriptor) const {
    pollfd waited[2] = {{descriptor, POLLIN, 0}, {wake_, POLLIN, 0}};
    ::poll(waited, 2, -1);
    return (waited[1].revents & POLLIN) == 0;
  }

  void talk(int client) {
    std::string text;
    while (text.find("\r\n\r\n") == std::string::npos) {
      char bytes[1024];
      if (!is_ready(client)) return;
      const ssize_t count = ::recv(client, bytes, sizeof bytes, 0);
      if (count <= 0) return;
      text.append(bytes, static_cast<std::size_t>(count));
    }
    const HttpRequest request = parse(text);
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    const HttpResponse response = answer_(request);
    send_all(client, response.head + "Connection: close\r\n\r\n" + response.body);
    if (response.stalls) static_cast<void>(is_ready(client));
  }

  static HttpRequest parse(const std::string& text) {
    HttpRequest request;
    const std::size_t begin = text.find(' ') + 1;
    request.path = text.substr(begin, text.find(' ', begin) - begin);
    constexpr std::string_view kRange = "Range: bytes=";
    const std::size_t range = text.find(kRange);
    if (range != std::string::npos)
      request.first_byte = std::stoll(text.substr(range + kRange.size()));
    return request;
  }

  static void send_all(int client, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(client, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return;  // the client has seen enough
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  Answer answer_;
  int listener_;
  int wake_;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::vector<HttpRequest> requests_;
  std::thread thread_;
};

}  // namespace carnyx

// Checksums: SHA-256 for what must not be forged, MD5 where a data set publishes nothing else.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace carnyx {

/// A digest of bytes that come in pieces.
class Hash final {
 public:
  enum class Algorithm { Sha256, Md5 };

  explicit Hash(Algorithm algorithm);
  ~Hash();
  Hash(Hash&&) noexcept;
  Hash& operator=(Hash&&) noexcept;

  void update(std::string_view bytes);
  void update(std::span<const std::byte> bytes);
  /// The digest in lower-case hexadecimal. Nothing may be added afterwards.
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// 64 hexadecimal digits.
std::string sha256_hex(std::string_view bytes);
/// 32 hexadecimal digits.
std::string md5_hex(std::string_view bytes);
/// The digest of a file of any size. Throws NotFound or IoError.
std::string file_hash_hex(const std::string& path, Hash::Algorithm algorithm);

}  // namespace carnyx

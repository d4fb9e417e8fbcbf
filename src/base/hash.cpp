#include "carnyx/base/hash.h"

#include <array>

#include <openssl/evp.h>

#include "carnyx/base/ensure.h"
#include "carnyx/base/format.h"

#include "base/descriptor.h"

namespace carnyx {

struct Hash::State {
  struct Free {
    void operator()(EVP_MD_CTX* owned) const { EVP_MD_CTX_free(owned); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context{EVP_MD_CTX_new()};
};

Hash::Hash(Algorithm algorithm) : state_(std::make_unique<State>()) {
  const EVP_MD* digest = algorithm == Algorithm::Sha256 ? EVP_sha256() : EVP_md5();
  CARNYX_ENSURE(state_->context != nullptr);
  CARNYX_ENSURE(EVP_DigestInit_ex(state_->context.get(), digest, nullptr) == 1);
}

Hash::~Hash() = default;
Hash::Hash(Hash&&) noexcept = default;
Hash& Hash::operator=(Hash&&) noexcept = default;

void Hash::update(std::string_view bytes) {
  CARNYX_ENSURE(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) == 1);
}

void Hash::update(std::span<const std::byte> bytes) {
  update(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

std::string Hash::hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  CARNYX_ENSURE(EVP_DigestFinal_ex(state_->context.get(), digest.data(), &size) == 1);
  std::string text;
  for (unsigned i = 0; i < size; ++i) text += format("{:02x}", digest[i]);
  return text;
}

std::string sha256_hex(std::string_view bytes) {
  Hash hash(Hash::Algorithm::Sha256);
  hash.update(bytes);
  return hash.hex();
}

std::string md5_hex(std::string_view bytes) {
  Hash hash(Hash::Algorithm::Md5);
  hash.update(bytes);
  return hash.hex();
}

std::string file_hash_hex(const std::string& path, Hash::Algorithm algorithm) {
  const Descriptor file = open_for_reading(path);
  Hash hash(algorithm);
  std::string buffer(std::size_t{256} << 10, '\0');
  while (const std::size_t count = read_some(file, buffer.data(), buffer.size(), path)) {
    hash.update(std::string_view(buffer).substr(0, count));
  }
  return hash.hex();
}

}  // namespace carnyx

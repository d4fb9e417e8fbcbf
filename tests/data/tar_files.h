// Tar archives and CIFAR-10's batches, made in memory.
#pragma once

#include <array>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace carnyx {

/// A ustar header of 512 bytes, its checksum right.
inline std::string tar_header(std::string_view name, std::size_t size, char type = '0') {
  std::string block(512, '\0');
  block.replace(0, name.size(), name);
  std::array<char, 13> digits{};
  std::snprintf(digits.data(), digits.size(), "%011zo", size);
  block.replace(100, 8, std::string_view("0000644\0", 8));
  block.replace(124, 11, digits.data(), 11);
  block.replace(148, 8, "        ");
  block[156] = type;
  block.replace(257, 8, std::string_view("ustar\00000", 8));
  unsigned sum = 0;
  for (const char byte : block) sum += static_cast<unsigned char>(byte);
  std::snprintf(digits.data(), digits.size(), "%06o", sum);
  block.replace(148, 7, std::string_view(digits.data(), 7));
  return block;
}

/// A header, the content, and zeros up to the next block.
inline std::string tar_member(std::string_view name, std::string_view content, char type = '0') {
  std::string member = tar_header(name, content.size(), type) + std::string(content);
  member.resize((member.size() + 511) / 512 * 512, '\0');
  return member;
}

inline std::string tar_end() {
  return std::string(1024, '\0');
}

/// Red, green and blue of pixel `p` of record `n` of batch `batch`.
inline std::array<int, 3> cifar_pixel(int batch, int n, int p) {
  return {(p + n) % 256, (3 * p + batch) % 256, (7 * p + 11 * n) % 256};
}
inline int cifar_label(int batch, int n) {
  return (3 * batch + n) % 10;
}

/// A batch's planes [3][1024] of one image.
inline std::string cifar_planes(int batch, int n) {
  std::string planes(3072, '\0');
  for (int p = 0; p < 1024; ++p) {
    const auto colour = cifar_pixel(batch, n, p);
    for (std::size_t c = 0; c < 3; ++c) {
      planes[c * 1024 + static_cast<std::size_t>(p)] = static_cast<char>(colour[c]);
    }
  }
  return planes;
}

/// A batch of `count` records; batch 6 is the test batch.
inline std::string cifar_batch(int batch, int count = 2) {
  std::string records;
  for (int n = 0; n < count; ++n) {
    records += static_cast<char>(cifar_label(batch, n)) + cifar_planes(batch, n);
  }
  return records;
}

/// The same as Python 2 pickled it: protocol 2, texts of bytes, NumPy's array.
inline std::string cifar_pickle(int batch, int count = 2, std::string_view labels_key = "labels") {
  const auto text = [](std::string_view bytes) {
    return std::string("U") + static_cast<char>(bytes.size()) + std::string(bytes);
  };
  std::string planes;
  std::string labels = "](";
  for (int n = 0; n < count; ++n) {
    planes += cifar_planes(batch, n);
    labels += std::string("K") + static_cast<char>(cifar_label(batch, n));
  }
  labels += "e";
  std::string size(4, '\0');
  for (std::size_t i = 0; i < 4; ++i) size[i] = static_cast<char>(planes.size() >> (8 * i) & 0xFF);
  const std::string dtype = "cnumpy\ndtype\n" + text("u1") + std::string("K\0K\1\x87R(K\3", 9) +
                            text("|") +
                            std::string("NNNJ\xFF\xFF\xFF\xFFJ\xFF\xFF\xFF\xFFK\0tb", 17);
  const std::string array = "cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n" +
                            std::string("K\0\x85", 3) + text("b") + "\x87R(K\1" + "K" +
                            static_cast<char>(count) + std::string("M\0\x0C\x86", 4) + dtype +
                            "\x89T" + size + planes + "tb";
  return std::string("\x80\2}(", 4) + text("batch_label") + text("a batch") +
         text(std::string(labels_key)) + labels + text("data") + array + text("filenames") + "](" +
         text("one.png") + text("two.png") + "eu.";
}

/// The published archive in small: two records a batch.
inline std::string cifar_archive(bool is_pickled = false) {
  const std::string folder = is_pickled ? "cifar-10-batches-py/" : "cifar-10-batches-bin/";
  const std::string ending = is_pickled ? "" : ".bin";
  const auto content = [&](int batch) {
    return is_pickled ? cifar_pickle(batch) : cifar_batch(batch);
  };
  std::string archive = tar_member(folder, "", '5');
  // In the published archive, too, the members come in no order.
  archive += tar_member(folder + "test_batch" + ending, content(6));
  for (const int batch : {2, 1, 5, 3, 4}) {
    archive += tar_member(folder + "data_batch_" + std::to_string(batch) + ending, content(batch));
  }
  return archive + tar_member(folder + "readme.html", "<html>") + tar_end();
}

}  // namespace carnyx

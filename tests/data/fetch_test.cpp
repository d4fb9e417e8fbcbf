#include "carnyx/data/fetch.h"

#include <array>
#include <csignal>
#include <string>

#include <gtest/gtest.h>

#include "carnyx/base/error.h"
#include "carnyx/base/failpoint.h"
#include "carnyx/base/files.h"
#include "carnyx/base/hash.h"
#include "carnyx/base/log.h"
#include "carnyx/base/stop.h"
#include "carnyx/base/temporary_directory.h"

#include "data/cifar/cifar_files.h"
#include "data/fetcher.h"
#include "data/publication.h"
#include "tests/data/bytes.h"
#include "tests/data/loopback_server.h"
#include "tests/data/message.h"
#include "tests/data/tar_files.h"

namespace carnyx {
namespace {

/// A published file of 100,000 bytes, and an empty folder to fetch it into.
class Fetch : public ::testing::Test {
 protected:
  Fetch() { log::set_level(log::Level::Error); }
  ~Fetch() override { log::set_level(level_); }

  static std::string make_content() {
    std::string bytes(100'000, '\0');
    std::uint32_t state = 1;
    for (char& byte : bytes) byte = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
    return bytes;
  }

  FetchReport fetch(std::vector<std::string> mirrors, const FetchOptions& options = {}) {
    Fetcher fetcher(folder_.path(), std::move(mirrors), options);
    return fetcher.fetch({&file_, 1});
  }
  [[nodiscard]] std::string fetched() const { return read_file(folder_ / "digits", 1 << 20); }
  void expect_nothing_fetched() const { EXPECT_FALSE(exists(folder_ / "digits")); }

  TemporaryDirectory folder_;
  std::string content_ = make_content();
  std::string sha256_ = sha256_hex(content_);
  RemoteFile file_ = {.name = "digits", .size_bytes = 100'000, .sha256 = sha256_};
  log::Level level_ = log::level();
};

TEST_F(Fetch, BringsAWholeFile) {
  const LoopbackServer server(
      [&](const HttpRequest& r) { return HttpResponse::ranged(r, content_); });

  const FetchReport report = fetch({server.url()});

  EXPECT_EQ(fetched(), content_);
  ASSERT_EQ(report.files.size(), 1);
  EXPECT_EQ(report.files[0].url, server.url() + "digits");
  EXPECT_EQ(report.files[0].size_bytes, 100'000);
  EXPECT_TRUE(report.failures.empty());
  EXPECT_FALSE(exists(folder_ / "digits.part"));
}

TEST_F(Fetch, TellsHowFarItIs) {
  const LoopbackServer server(
      [&](const HttpRequest& r) { return HttpResponse::ranged(r, content_); });
  FetchProgress last;

  fetch({server.url()}, {.progress = [&](const FetchProgress& progress) { last = progress; }});

  EXPECT_EQ(last.file, "digits");
  EXPECT_EQ(last.files, 1);
  EXPECT_EQ(last.done_bytes, 100'000);
  EXPECT_EQ(last.total_bytes, 100'000);
}

TEST_F(Fetch, LeavesAFileThatIsWholeAlone) {
  write_file_atomically(folder_ / "digits", content_);

  const FetchReport report = fetch({"http://127.0.0.1:1/"});

  EXPECT_EQ(report.files[0].url, "");
}

TEST_F(Fetch, ReplacesAFileThatIsDamaged) {
  const LoopbackServer server(
      [&](const HttpRequest& r) { return HttpResponse::ranged(r, content_); });
  write_file_atomically(folder_ / "digits", content_.substr(0, 99'999) + "x");

  fetch({server.url()});

  EXPECT_EQ(fetched(), content_);
}

TEST_F(Fetch, GoesOnWhereTheConnectionWasCut) {
  const LoopbackServer server([&](const HttpRequest& request) {
    const HttpResponse response = HttpResponse::ranged(request, content_);
    return request.first_byte == 0 ? response.cut_after(40'000) : response;
  });

  const FetchReport report = fetch({server.url()});

  EXPECT_EQ(fetched(), content_);
  ASSERT_EQ(server.requests().size(), 2);
  EXPECT_EQ(server.requests()[1].first_byte, 40'000);
  EXPECT_EQ(report.failures.size(), 1);
}

TEST_F(Fetch, GoesOnFromThePartOfAnEarlierFetch) {
  const LoopbackServer server(
      [&](const HttpRequest& r) { return HttpResponse::ranged(r, content_); });
  write_file_atomically(folder_ / "digits.part", content_.substr(0, 70'000));

  fetch({server.url()});

  EXPECT_EQ(fetched(), content_);
  EXPECT_EQ(server.requests()[0].first_byte, 70'000);
}

TEST_F(Fetch, TakesAPartThatIsCompleteAlready) {
  const LoopbackServer server(
      [&](const HttpRequest& r) { return HttpResponse::ranged(r, content_); });
  write_file_atomically(folder_ / "digits.part", content_);

  fetch({server.url()});

  EXPECT_EQ(fetched(), content_);
  EXPECT_EQ(server.requests().size(), 1);
}

TEST_F(Fetch, StartsAgainIfTheServerCannotResume) {
  const LoopbackServer server([&](const HttpRequest&) { return HttpResponse::whole(content_); });
  write_file_atomically(folder_ / "digits.part", content_.substr(0, 70'000));

  fetch({server.url()});

  EXPECT_EQ(fetched(), content_);
}

TEST_F(Fetch, StartsAgainIfThePartWasOfAnotherFile) {
  const LoopbackServer server(
      [&](const HttpRequest& r) { return HttpResponse::ranged(r, content_); });
  write_file_atomically(folder_ / "digits.part", std::string(70'000, 'x'));

  const FetchReport report = fetch({server.url()});

  EXPECT_EQ(fetched(), content_);
  EXPECT_TRUE(contains(report.failures.at(0), "SHA-256"));
}

TEST_F(Fetch, GoesToTheNextMirrorAfterA404) {
  const LoopbackServer empty([](const HttpRequest&) { return HttpResponse::not_found(); });
  const LoopbackServer full(
      [&](const HttpRequest& r) { return HttpResponse::ranged(r, content_); });

  const FetchReport report = fetch({empty.url(), full.url()});

  EXPECT_EQ(fetched(), content_);
  EXPECT_EQ(report.files[0].url, full.url() + "digits");
  ASSERT_EQ(report.failures.size(), 1);
  EXPECT_TRUE(contains(report.failures[0], empty.url() + "digits: ")) << report.failures[0];
  EXPECT_TRUE(contains(report.failures[0], "404")) << report.failures[0];
}

TEST_F(Fetch, NeverKeepsBytesWithAWrongChecksum) {
  const std::string wrong = content_.substr(1) + "x";
  const LoopbackServer server([&](const HttpRequest& r) { return HttpResponse::ranged(r, wrong); });

  const std::string message = message_of<Unavailable>([&] { fetch({server.url()}); });

  expect_nothing_fetched();
  EXPECT_FALSE(exists(folder_ / "digits.part"));
  EXPECT_TRUE(contains(message, "expected content with the SHA-256 " + sha256_)) << message;
  EXPECT_TRUE(contains(message, "CARNYX_MIRROR")) << message;
}

TEST_F(Fetch, StopsAServerThatSendsTooMuch) {
  const std::string endless(1'000'000, 'x');
  const LoopbackServer server(
      [&](const HttpRequest& r) { return HttpResponse::ranged(r, endless); });

  const std::string message = message_of<Unavailable>([&] { fetch({server.url()}); });

  expect_nothing_fetched();
  EXPECT_TRUE(contains(message, "expected at most 100000 bytes")) << message;
}

TEST_F(Fetch, SaysThatNothingListensThere) {
  const std::string url = [] {
    return LoopbackServer([](const HttpRequest&) { return HttpResponse{}; }).url();
  }();

  const std::string message = message_of<Unavailable>([&] { fetch({url}); });

  EXPECT_TRUE(contains(message, url + "digits: ")) << message;
  EXPECT_TRUE(contains(message, "put the file into " + folder_.path())) << message;
}

TEST_F(Fetch, AsksAServerThatCannotBeReachedOnce) {
  const std::string gone = [] {
    return LoopbackServer([](const HttpRequest&) { return HttpResponse{}; }).url();
  }();
  const LoopbackServer full(
      [&](const HttpRequest& r) { return HttpResponse::ranged(r, content_); });
  const std::array<RemoteFile, 2> files = {
      file_, {.name = "more", .size_bytes = 100'000, .sha256 = sha256_}};

  const FetchReport report = Fetcher(folder_.path(), {gone, full.url()}, {}).fetch(files);

  EXPECT_EQ(report.files.size(), 2);
  EXPECT_EQ(report.failures.size(), 1);
}

TEST_F(Fetch, LeavesAServerThatStallsForOneThatGoesOn) {
  const LoopbackServer stuck([&](const HttpRequest& request) {
    return HttpResponse::ranged(request, content_).stalled_after(30'000);
  });
  const LoopbackServer full(
      [&](const HttpRequest& r) { return HttpResponse::ranged(r, content_); });

  fetch({stuck.url(), full.url()}, {.stall_timeout = std::chrono::milliseconds(200)});

  EXPECT_EQ(fetched(), content_);
  ASSERT_EQ(full.requests().size(), 1);
  EXPECT_EQ(full.requests()[0].first_byte, 30'000);
}

TEST_F(Fetch, StopsOnRequestAndKeepsThePart) {
  const LoopbackServer stuck([&](const HttpRequest& request) {
    return HttpResponse::ranged(request, content_).stalled_after(30'000);
  });
  StopFlag stop;
  const auto stop_when_bytes_came = [&](const FetchProgress& progress) {
    if (progress.done_bytes == 30'000) stop.request(SIGINT);
  };

  EXPECT_THROW(fetch({stuck.url()}, {.progress = stop_when_bytes_came, .stop = &stop}), Cancelled);

  expect_nothing_fetched();
  EXPECT_EQ(read_file(folder_ / "digits.part", 1 << 20), content_.substr(0, 30'000));
}

TEST_F(Fetch, PassesOnWhatTheProgressCallbackThrows) {
  const LoopbackServer server(
      [&](const HttpRequest& r) { return HttpResponse::ranged(r, content_); });
  const auto refuse = [](const FetchProgress&) { throw NotFound("mine"); };

  EXPECT_EQ(message_of<NotFound>([&] { fetch({server.url()}, {.progress = refuse}); }), "mine");
}

TEST_F(Fetch, LeavesNoFileUnderItsNameIfTheDiskFails) {
  const LoopbackServer server(
      [&](const HttpRequest& r) { return HttpResponse::ranged(r, content_); });
  for (const char* fault : {"fetch.write=enospc", "fetch.sync=eio", "files.rename=eio"}) {
    const ScopedFailpoints failpoints(fault);

    EXPECT_THROW(fetch({server.url()}), IoError) << fault;

    expect_nothing_fetched();
  }
}

TEST_F(Fetch, RefusesASecondFetchIntoTheSameFile) {
  const PartFile part(folder_ / "digits");

  const std::string message = message_of<Unavailable>([&] { fetch({"http://127.0.0.1:1/"}); });

  EXPECT_TRUE(contains(message, "another fetch")) << message;
}

TEST_F(Fetch, KnowsAGzipFileByItsContent) {
  const std::string packed = gzip(content_);
  const LoopbackServer server(
      [&](const HttpRequest& r) { return HttpResponse::ranged(r, packed); });
  file_.is_gzip = true;

  fetch({server.url()});

  EXPECT_EQ(fetched(), packed);
}

TEST_F(Fetch, TakesFilesFromAFolder) {
  const TemporaryDirectory mirror;
  write_file_atomically(mirror / "digits", content_);
  write_file_atomically(folder_ / "digits.part", content_.substr(0, 10));

  fetch({"file://" + mirror.path() + "/"});

  EXPECT_EQ(fetched(), content_);
}

TEST(FetchDataset, RefusesWhatItDoesNotKnow) {
  EXPECT_TRUE(contains(message_of<InvalidArgument>([] { fetch_dataset("mnits"); }), "mnist"));
  EXPECT_TRUE(contains(message_of<InvalidArgument>(
                           [] { fetch_dataset("mnist", {.directory = "x", .format = "csv"}); }),
                       "npz"));
  EXPECT_TRUE(contains(message_of<InvalidArgument>([] {
                         fetch_dataset("mnist", {.directory = "x", .mirrors = {"ftp://a/"}});
                       }),
                       "ftp://a/"));
  EXPECT_THROW(fetch_dataset("mnist", {.directory = "x", .stall_timeout = std::chrono::seconds(0)}),
               InvalidArgument);
}

/// Expected failures are no news.
class QuietLog final {
 public:
  QuietLog() { log::set_level(log::Level::Error); }
  ~QuietLog() { log::set_level(level_); }
  QuietLog(const QuietLog&) = delete;
  QuietLog& operator=(const QuietLog&) = delete;

 private:
  log::Level level_ = log::level();
};

/// The small archive as it would be published.
class FetchedArchive : public testing::Test {
 protected:
  FetchReport fetch(const std::string& mirror) {
    const std::string_view mirrors[] = {mirror};
    return fetch_publication({.files = {&file_, 1}, .mirrors = mirrors, .unpack = unpack_cifar},
                             {.directory = folder_.path()});
  }
  TemporaryDirectory folder_;
  std::string archive_ = gzip(cifar_archive());
  std::string sha256_ = sha256_hex(archive_);
  RemoteFile file_ = {.name = kCifarArchive,
                      .size_bytes = static_cast<std::int64_t>(archive_.size()),
                      .sha256 = sha256_};
};

TEST_F(FetchedArchive, IsUnpackedBesideItself) {
  const LoopbackServer server(
      [&](const HttpRequest& r) { return HttpResponse::ranged(r, archive_); });

  const FetchReport report = fetch(server.url());

  EXPECT_EQ(report.unpacked, folder_ / "cifar-10-batches-bin");
  EXPECT_EQ(read_file(report.unpacked + "/data_batch_4.bin", 1 << 20), cifar_batch(4));
  EXPECT_EQ(read_file(folder_ / kCifarArchive, 1 << 20), archive_);
  EXPECT_EQ(server.requests().at(0).path, "/cifar-10-binary.tar.gz");
  EXPECT_EQ(fetch("http://127.0.0.1:1/").files.at(0).url, "") << "all of it is here already";
}

TEST_F(FetchedArchive, IsUnpackedAfterACutToo) {
  const LoopbackServer server([&](const HttpRequest& request) {
    const HttpResponse response = HttpResponse::ranged(request, archive_);
    return request.first_byte == 0 ? response.cut_after(archive_.size() / 2) : response;
  });
  const QuietLog quiet;

  EXPECT_TRUE(exists(fetch(server.url()).unpacked + "/test_batch.bin"));

  EXPECT_EQ(server.requests().size(), 2);
}

TEST_F(FetchedArchive, IsUnpackedAsAWholeOrNotAtAll) {
  archive_ = gzip(tar_member("cifar-10-batches-bin/test_batch.bin", cifar_batch(6)) + tar_end());
  sha256_ = sha256_hex(archive_);
  file_.size_bytes = static_cast<std::int64_t>(archive_.size());
  file_.sha256 = sha256_;
  const LoopbackServer server(
      [&](const HttpRequest& r) { return HttpResponse::ranged(r, archive_); });

  EXPECT_TRUE(contains(message_of<CorruptData>([&] { fetch(server.url()); }),
                       "expected the six batches of CIFAR-10's binary version"));

  EXPECT_FALSE(exists(folder_ / "cifar-10-batches-bin"));
}

TEST(FetchDataset, KnowsCifar10sArchive) {
  const TemporaryDirectory folder;
  const TemporaryDirectory mirror;
  write_file_atomically(mirror / "cifar-10-binary.tar.gz", gzip(cifar_archive()));
  const QuietLog quiet;

  const std::string message = message_of<Unavailable>([&] {
    fetch_dataset("cifar10",
                  {.directory = folder / "cifar10", .mirrors = {"file://" + mirror.path()}});
  });

  EXPECT_TRUE(contains(message, mirror.path() + "/cifar-10-binary.tar.gz")) << message;
  EXPECT_FALSE(exists(folder / "cifar10/cifar-10-batches-bin"));
  EXPECT_TRUE(contains(message_of<InvalidArgument>(
                           [] { fetch_dataset("cifar10", {.directory = "x", .format = "idx"}); }),
                       "binary"));
}

TEST(FetchDataset, NamesEveryMirrorThatLacksTheFile) {
  const TemporaryDirectory folder;
  const TemporaryDirectory one;
  const TemporaryDirectory two;

  const std::string message = message_of<Unavailable>([&] {
    fetch_dataset("mnist",
                  {.directory = folder / "mnist",
                   .mirrors = {"file://" + one.path(), "file://" + two.path()}});
  });

  EXPECT_TRUE(contains(message, one.path() + "/train-images-idx3-ubyte.gz")) << message;
  EXPECT_TRUE(contains(message, two.path() + "/train-images-idx3-ubyte.gz")) << message;
}

}  // namespace
}  // namespace carnyx

#include "base/file.hpp"

#include "support.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <thread>

using namespace fedctl;
namespace fs = std::filesystem;

namespace {

mode_t mode_of(const fs::path& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 0777 : 0;
}

std::size_t entries_of(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator{folder}, fs::directory_iterator{}));
}

}  // namespace

TEST_CASE("behind a symlink what it names is replaced, also where that is not there yet") {
  const support::TemporaryFolder folder;
  fs::create_directory(folder.path() / "kept");
  fs::create_symlink("kept/state", folder.path() / "link");
  REQUIRE(file::write_atomically(folder.path() / "link", "one", file::privately));
  REQUIRE(file::write_atomically(folder.path() / "link", "two", file::privately));
  CHECK(fs::is_symlink(folder.path() / "link"));
  CHECK(file::read(folder.path() / "kept" / "state") == "two");
  CHECK(entries_of(folder.path() / "kept") == 1);
  fs::create_symlink("loop", folder.path() / "loop");
  CHECK_THAT(describe(file::write_atomically(folder.path() / "loop", "x").error()), Catch::Contains("symbolic links"));
}

TEST_CASE("what is no regular file is written to as it is") {
  const support::TemporaryFolder folder;
  const fs::path pipe = folder.path() / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  std::string got;
  std::thread reader{[&] { got = file::read(pipe).value_or("nothing"); }};
  CHECK(file::write_atomically(pipe, "through"));
  reader.join();
  CHECK(got == "through");
  CHECK(fs::is_fifo(pipe));
  CHECK(file::write_atomically("/dev/null", "x"));
  CHECK(fs::is_character_file("/dev/null"));
  const int file = ::open((folder.path() / "out").c_str(), O_WRONLY | O_CREAT, 0600);
  REQUIRE(::write(file, "before ", 7) == 7);
  CHECK(file::write_atomically("/dev/fd/" + std::to_string(file), "after"));
  ::close(file);
  CHECK(file::read(folder.path() / "out") == "before after");
}

TEST_CASE("folders of what is private are private whatever the umask") {
  const support::TemporaryFolder folder;
  const mode_t before = ::umask(0);
  const auto written = file::write_atomically(folder.path() / "cache" / "fedctl" / "x", "x", file::cached);
  ::umask(before);
  REQUIRE(written);
  CHECK(mode_of(folder.path() / "cache") == 0700);
  CHECK(mode_of(folder.path() / "cache" / "fedctl") == 0700);
  CHECK(mode_of(folder.path() / "cache" / "fedctl" / "x") == 0600);
}

TEST_CASE("a write that cannot be done leaves what was there, and nothing beside it") {
  const support::TemporaryFolder folder;
  fs::create_directory(folder.path() / "taken");
  CHECK_FALSE(file::write_atomically(folder.path() / "taken", "x"));
  CHECK_FALSE(file::write_atomically("/dev/full", "x"));
  CHECK_FALSE(file::write_atomically(folder.path() / std::string(300, 'n'), "x"));
  CHECK(entries_of(folder.path()) == 1);
}

TEST_CASE("nothing is written outside of a folder, wherever names and symlinks lead") {
  const support::TemporaryFolder folder;
  const fs::path inside = folder.path() / "inside";
  const fs::path outside = folder.path() / "outside";
  fs::create_directories(inside);
  fs::create_directories(outside);
  fs::create_symlink(outside, inside / "tokyo");
  fs::create_symlink(outside / "file", inside / "web.yaml");
  CHECK_THAT(describe(file::write_inside(inside, {"tokyo", "web.yaml"}, "x").error()), Catch::Contains("'tokyo' is a symbolic link"));
  CHECK(file::write_inside(inside, {"web.yaml"}, "x"));
  CHECK_FALSE(fs::is_symlink(inside / "web.yaml"));
  for (const std::string segment : {"..", ".", "", "a/b", "/abs"}) CHECK_FALSE(file::write_inside(inside, {segment, "x"}, "x"));
  CHECK(entries_of(outside) == 0);
}

TEST_CASE("every text has a segment of its own") {
  CHECK(file::segment_of("tokyo-cluster") == "tokyo-cluster");
  CHECK(file::segment_of("deployment.apps-web.v1") == "deployment.apps-web.v1");
  CHECK(file::segment_of("arn:aws:eks:eu-west-1:1:cluster/x") == "arn:aws:eks:eu-west-1:1:cluster%2Fx");
  CHECK(file::segment_of("a%2Fb") == "a%252Fb");
  CHECK(file::segment_of("..") == "%2E%2E");
  CHECK(file::segment_of("../x") == "..%2Fx");
  CHECK(file::segment_of("") == "%");
  const std::string longer(300, 'x');
  CHECK(file::segment_of(longer).size() < 256);
  CHECK(file::segment_of(longer) != file::segment_of(longer + "y"));
}

TEST_CASE("a name with a slash leads down or it is none") {
  CHECK(file::leads_down("arn:aws:eks:eu-west-1:1:cluster/x"));
  for (const std::string name : {"../x", "/abs", "a/../b", "a//b", "a/", ".", "..", "a\nb"}) CHECK_FALSE(file::leads_down(name));
}

TEST_CASE("a FIFO in the place of a cached file is replaced, and not waited for") {
  const support::TemporaryFolder folder;
  const fs::path pipe = folder.path() / "cached.json";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  REQUIRE(file::write_atomically(pipe, "kept", file::cached));
  CHECK(fs::is_regular_file(pipe));
  CHECK(file::read(pipe, file::small_and_regular) == "kept");
}

TEST_CASE("a symlink in the place of a cached file is replaced, and what it names stays as it was") {
  const support::TemporaryFolder folder;
  const fs::path other = folder.write("other", "of somebody");
  const fs::path link = folder.path() / "cached.json";
  fs::create_symlink(other, link);
  REQUIRE(file::write_atomically(link, "kept", file::cached));
  CHECK_FALSE(fs::is_symlink(link));
  CHECK(file::read(link, file::small_and_regular) == "kept");
  CHECK(file::read(other) == "of somebody");
}

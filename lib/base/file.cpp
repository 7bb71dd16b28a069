#include "base/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace fedctl::file {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  int get() const { return value_; }

 private:
  int value_;
};

tl::unexpected<Error> failed(std::string_view what, const std::filesystem::path& path) {
  return Failure{{Code::not_found, fmt::format("cannot {} {}: {}", what, path.string(), std::strerror(errno))}};
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

Result<std::string> read(const std::filesystem::path& path) {
  const Descriptor descriptor{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (descriptor.get() < 0) return failed("read", path);
  std::string content;
  std::string chunk(1 << 16, '\0');
  while (true) {
    const ssize_t got = ::read(descriptor.get(), chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("read", path);
    if (got == 0) return content;
    content.append(chunk, 0, static_cast<std::size_t>(got));
  }
}

Result<void> write_atomically(const std::filesystem::path& path, std::string_view content, mode_t mode) {
  std::error_code ignored;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), ignored);
  const std::filesystem::path temporary = path.string() + fmt::format(".{}.new", ::getpid());
  {
    const Descriptor descriptor{::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)};
    if (descriptor.get() < 0) return failed("write", path);
    while (!content.empty()) {
      const ssize_t put = ::write(descriptor.get(), content.data(), content.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) {
        const auto error = failed("write", path);
        ::unlink(temporary.c_str());
        return error;
      }
      content.remove_prefix(static_cast<std::size_t>(put));
    }
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const auto error = failed("write", path);
    ::unlink(temporary.c_str());
    return error;
  }
  return {};
}

std::filesystem::path home() {
  const std::string value = environment("HOME");
  return value.empty() ? "." : value;
}

std::filesystem::path expand_home(std::string_view path) {
  return path.starts_with("~/") ? home() / path.substr(2) : std::filesystem::path{path};
}

std::filesystem::path cache_folder() {
  const std::string value = environment("XDG_CACHE_HOME");
  return (value.empty() ? home() / ".cache" : std::filesystem::path{value}) / "fedctl";
}

}  // namespace fedctl::file

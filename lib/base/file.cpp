#include "base/file.hpp"

#include "base/descriptor.hpp"
#include "base/process.hpp"
#include "base/text.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>

namespace fedctl::file {
namespace {

tl::unexpected<Error> failed(std::string_view what, const std::filesystem::path& path) {
  return Failure{{Code::not_found, fmt::format("cannot {} {}: {}", what, path.string(), std::strerror(errno))}};
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

Result<std::string> read_all(int descriptor, const std::filesystem::path& name, std::size_t longest) {
  std::string content;
  std::string chunk(1 << 16, '\0');
  while (true) {
    const ssize_t got = ::read(descriptor, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("read", name);
    if (got == 0) return content;
    content.append(chunk, 0, static_cast<std::size_t>(got));
    if (content.size() > longest) {
      return Failure{{Code::invalid_input, fmt::format("cannot read {}: it is longer than {}", name.string(), text::bytes(longest))}};
    }
  }
}

}  // namespace

Result<std::string> read(const std::filesystem::path& path, ReadOptions options) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return failed("read", path);
  const bool is_regular = S_ISREG(status.st_mode);
  if (options.only_regular && !is_regular) {
    return Failure{{Code::invalid_input, fmt::format("cannot read {}: it is no regular file", path.string())}};
  }
  std::optional<process::EndedBySignals> waiting;
  if (!is_regular) waiting.emplace();
  const Descriptor descriptor{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)};
  if (descriptor.get() < 0) return failed("read", path);
  return read_all(descriptor.get(), path, options.longest);
}

Result<std::string> read_standard_input(ReadOptions options) {
  const process::EndedBySignals waiting;
  return read_all(STDIN_FILENO, "<stdin>", options.longest);
}

std::filesystem::path home() {
  const std::string value = environment("HOME");
  if (!value.empty()) return value;
  const passwd* entry = ::getpwuid(::getuid());
  return entry != nullptr && *entry->pw_dir != '\0' ? entry->pw_dir : ".";
}

std::filesystem::path expand_home(std::string_view path) {
  return path.starts_with("~/") ? home() / path.substr(2) : std::filesystem::path{path};
}

std::filesystem::path cache_folder() {
  const std::string value = environment("XDG_CACHE_HOME");
  return (value.empty() ? home() / ".cache" : std::filesystem::path{value}) / "fedctl";
}

}  // namespace fedctl::file

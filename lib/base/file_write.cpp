#include "base/descriptor.hpp"
#include "base/encoding.hpp"
#include "base/file.hpp"
#include "base/process.hpp"
#include "base/text.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <random>

namespace fedctl::file {
namespace {

namespace fs = std::filesystem;

constexpr int most_symlinks = 40;
constexpr std::size_t longest_segment = 200;

tl::unexpected<Error> not_written(const fs::path& path, int problem) {
  return Failure{{Code::not_found, fmt::format("cannot write {}: {}", path.string(), std::strerror(problem))}};
}

/// False with errno.
bool put(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

/// The descriptor that a path such as /dev/stdout or /dev/fd/3 stands for: opened anew, a file would be written from its beginning.
std::optional<int> descriptor_named(const fs::path& path) {
  const std::string name = path.string();
  if (name == "/dev/stdout") return 1;
  if (name == "/dev/stderr") return 2;
  for (const std::string_view folder : {"/dev/fd/", "/proc/self/fd/"}) {
    if (!name.starts_with(folder)) continue;
    int number = -1;
    const auto [end, problem] = std::from_chars(name.data() + folder.size(), name.data() + name.size(), number);
    if (problem == std::errc{} && end == name.data() + name.size() && number >= 0) return number;
  }
  return std::nullopt;
}

bool is_special(const fs::path& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode);
}

Result<void> write_in_place(const fs::path& path, std::string_view content) {
  if (const auto number = descriptor_named(path)) {
    if (!put(*number, content)) return not_written(path, errno);
    return {};
  }
  Descriptor special{::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY)};
  if (special.get() < 0 || !put(special.get(), content) || !special.close()) return not_written(path, errno);
  return {};
}

/// What a path names when symlinks are followed, also where that is not there yet.
std::optional<fs::path> behind_symlinks(fs::path path) {
  for (int hops = 0; hops < most_symlinks; ++hops) {
    std::error_code problem;
    const fs::path next = fs::read_symlink(path, problem);
    if (problem) return path;
    path = path.parent_path() / next;
  }
  return std::nullopt;
}

std::string unpredictable_name() {
  std::random_device random;
  return fmt::format(".fedctl-{:08x}{:08x}.new", random(), random());
}

/// Puts a new file in the place of `name` in an open folder; 0, or errno.
int replace_in(int folder, const std::string& name, std::string_view content, const WriteOptions& options) {
  const process::HeldSignals held;
  std::string temporary = unpredictable_name();
  constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  Descriptor fresh{::openat(folder, temporary.c_str(), flags, options.mode)};
  if (fresh.get() < 0) return errno;
  struct stat before {};
  if (options.keeps_mode && ::fstatat(folder, name.c_str(), &before, 0) == 0) {
    // Only root gives files away; giving one away takes set-user-ID bits, so the mode comes last.
    static_cast<void>(::fchown(fresh.get(), before.st_uid, before.st_gid) == 0);
    ::fchmod(fresh.get(), before.st_mode & mode_t{07777});
  }
  const bool is_whole = put(fresh.get(), content) && (!options.lasts || ::fsync(fresh.get()) == 0 || errno == EINVAL) && fresh.close();
  if (!is_whole || ::renameat(folder, temporary.c_str(), folder, name.c_str()) != 0) {
    const int problem = errno;
    ::unlinkat(folder, temporary.c_str(), 0);
    return problem;
  }
  if (options.lasts) ::fsync(folder);
  return 0;
}

}  // namespace

void make_folders(const fs::path& folder, mode_t mode) {
  fs::path so_far;
  for (const fs::path& part : folder) {
    so_far /= part;
    ::mkdir(so_far.c_str(), mode);
  }
}

Result<void> write_atomically(const fs::path& path, std::string_view content, WriteOptions options) {
  if (!options.replaces && (descriptor_named(path) || is_special(path))) return write_in_place(path, content);
  const auto target = options.replaces ? std::optional{path} : behind_symlinks(path);
  if (!target) return not_written(path, ELOOP);
  if (!target->has_filename()) return not_written(path, EISDIR);
  const fs::path parent = target->has_parent_path() ? target->parent_path() : fs::path{"."};
  make_folders(parent, options.folder_mode);
  const Descriptor folder{::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (folder.get() < 0) return not_written(path, errno);
  if (const int problem = replace_in(folder.get(), target->filename().string(), content, options); problem != 0) {
    return not_written(path, problem);
  }
  return {};
}

Result<void> write_inside(const fs::path& folder, const std::vector<std::string>& segments, std::string_view content,
                          WriteOptions options) {
  fs::path whole = folder;
  for (const std::string& segment : segments) {
    whole /= segment;
    const bool is_segment = !segment.empty() && segment != "." && segment != ".." && segment.find('/') == std::string::npos &&
                            segment.find('\0') == std::string::npos;
    if (!is_segment) return Failure{{Code::invalid_input, fmt::format("'{}' is no name of a file in {}", segment, folder.string())}};
  }
  make_folders(folder, options.folder_mode);
  Descriptor at{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (at.get() < 0) return not_written(whole, errno);
  for (std::size_t i = 0; i + 1 < segments.size(); ++i) {
    ::mkdirat(at.get(), segments[i].c_str(), options.folder_mode);
    Descriptor next{::openat(at.get(), segments[i].c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (next.get() < 0) {
      const int problem = errno;
      struct stat status {};
      const bool is_link = ::fstatat(at.get(), segments[i].c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(status.st_mode);
      if (!is_link) return not_written(whole, problem);
      return Failure{{Code::not_found, fmt::format("cannot write {}: '{}' is a symbolic link, which may lead out of {}", whole.string(),
                                                   segments[i], folder.string())}};
    }
    at = std::move(next);
  }
  if (const int problem = replace_in(at.get(), segments.back(), content, options); problem != 0) return not_written(whole, problem);
  return {};
}

bool is_path_segment(std::string_view text) {
  constexpr std::string_view forbidden{"/\\%?#"};
  return !text.empty() && text != "." && text != ".." && std::ranges::none_of(text, [&](unsigned char c) {
    return c <= 0x20 || c == 0x7F || forbidden.find(static_cast<char>(c)) != std::string_view::npos;
  });
}

bool leads_down(std::string_view text) {
  const auto leads = [](const std::string& part) { return !part.empty() && part != "." && part != ".."; };
  const bool is_plain = std::ranges::none_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7F; });
  return is_plain && std::ranges::all_of(text::split(text, '/'), leads);
}

std::string segment_of(std::string_view text) {
  if (text.empty()) return "%";
  std::string segment;
  const bool is_dots = text.find_first_not_of('.') == std::string_view::npos;
  for (const char c : text) {
    const bool plain = is_path_segment(std::string_view{&c, 1}) || c == ' ' || (c == '.' && !is_dots);
    segment += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  if (segment.size() <= longest_segment) return segment;
  std::size_t end = longest_segment;
  while (end > 0 && (static_cast<unsigned char>(segment[end]) & 0xC0) == 0x80) --end;
  return segment.substr(0, end) + "-" + encoding::sha256(text).substr(0, 16);
}

}  // namespace fedctl::file

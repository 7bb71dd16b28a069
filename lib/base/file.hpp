#pragma once

#include "base/error.hpp"

#include <sys/types.h>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace fedctl::file {

struct ReadOptions {
  std::size_t longest = std::size_t{512} << 20;  ///< Bytes; more is an error, and what has no end (/dev/zero) is more.
  bool only_regular = false;                     ///< A FIFO or a device, which may make us wait for ever, is an error.
};

/// For what another file names: tokens, certificates, caches.
inline constexpr ReadOptions small_and_regular{std::size_t{16} << 20, true};

/// The whole content. While it waits for a FIFO's writer or a terminal, SIGINT, SIGTERM and SIGHUP end the process as usual.
/// Errors: `Code::not_found` with the system's reason; `Code::invalid_input` where the options do not allow it.
Result<std::string> read(const std::filesystem::path& path, ReadOptions options = {});

/// The same of standard input.
Result<std::string> read_standard_input(ReadOptions options = {});

struct WriteOptions {
  mode_t mode = 0644;
  mode_t folder_mode = 0777;  ///< Of folders that are missing; the umask takes its bits away.
  bool lasts = true;          ///< It is on the disk before we go on. Not for what can be made again.
  bool replaces = false;      ///< What stands there and is no regular file is replaced, not written to.
  bool keeps_mode = false;    ///< A file that is there keeps its mode, and its owner where we may give it away.
};

/// For what is nobody else's business: caches and states.
inline constexpr WriteOptions privately{0600, 0700, true};
inline constexpr WriteOptions cached{0600, 0700, false, true};

/// Replaces `path` in one step, so that a reader sees the old content or the new, never a half; makes missing folders. Behind a symlink
/// what it names is replaced. What is no regular file (/dev/stdout, /dev/null, a FIFO) is written to as it is. SIGINT, SIGTERM and SIGHUP
/// wait until it is done, so that nothing half is left behind. Errors: not_found with the system's reason.
Result<void> write_atomically(const std::filesystem::path& path, std::string_view content, WriteOptions options = {});

/// The same of the file that `segments` lead to within `folder`: wherever symlinks below it point, nothing outside is touched.
/// Errors: invalid_input for a segment that is none; not_found with the system's reason, also for a symlink in place of a folder.
Result<void> write_inside(const std::filesystem::path& folder, const std::vector<std::string>& segments, std::string_view content,
                          WriteOptions options = {});

/// Like `mkdir -p`; the mode is that of folders that are missing.
void make_folders(const std::filesystem::path& folder, mode_t mode);

/// May the text be a segment of a path, and of a URL: not empty, not "." or "..", without '/', '\\', '%', '?', '#', blanks and control
/// characters?
bool is_path_segment(std::string_view text);

/// Does no '/' in the text lead anywhere but down? So are names of contexts, such as Amazon's "arn:aws:eks:R:N:cluster/x".
bool leads_down(std::string_view text);

/// A segment for any text, one for each: what may not stand in it is written as %XX, and a long text is cut and told apart by its digest.
std::string segment_of(std::string_view text);

/// $HOME, else the user's in the system's list, else the current folder; `~/x` with it put in.
std::filesystem::path home();
std::filesystem::path expand_home(std::string_view path);

/// $XDG_CACHE_HOME/fedctl, by default ~/.cache/fedctl.
std::filesystem::path cache_folder();

}  // namespace fedctl::file

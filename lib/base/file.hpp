#pragma once

#include "base/error.hpp"

#include <sys/types.h>
#include <filesystem>
#include <string>
#include <string_view>

namespace fedctl::file {

/// The whole content. Errors: `Code::not_found` with the system's reason.
Result<std::string> read(const std::filesystem::path& path);

/// Replaces `path` in one step, so that a reader sees the old content or the new, never a half; makes missing folders.
Result<void> write_atomically(const std::filesystem::path& path, std::string_view content, mode_t mode = 0644);

/// $HOME, or the current folder where it is unset; `~/x` with it put in.
std::filesystem::path home();
std::filesystem::path expand_home(std::string_view path);

/// $XDG_CACHE_HOME/fedctl, by default ~/.cache/fedctl.
std::filesystem::path cache_folder();

}  // namespace fedctl::file

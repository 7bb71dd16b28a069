#include "base/process.hpp"

#include "base/file.hpp"
#include "base/text.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>
#include <array>
#include <filesystem>

namespace fedctl::process {
namespace {

/// Clock ticks after the boot; empty where there is no such process. Field 22 of proc(5)'s stat, whose second is in parentheses.
std::string start_time(const std::string& id) {
  const auto stat = file::read("/proc/" + id + "/stat");
  const auto behind_name = stat ? stat->rfind(')') : std::string::npos;
  if (behind_name == std::string::npos) return {};
  const auto fields = text::split(stat->substr(behind_name + 2), ' ');
  return fields.size() > 19 ? fields[19] : std::string{};
}

/// The boot, and the namespace of process ids.
std::string machine() {
  const auto boot = file::read("/proc/sys/kernel/random/boot_id");
  std::error_code problem;
  const auto name_space = std::filesystem::read_symlink("/proc/self/ns/pid", problem);
  return boot && !problem ? text::trim(*boot) + "/" + name_space.string() : std::string{};
}

}  // namespace

std::string user_at_machine() {
  const passwd* entry = ::getpwuid(::getuid());
  const std::string user = entry != nullptr ? entry->pw_name : std::to_string(::getuid());
  std::array<char, 256> name{};
  return user + "@" + (::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown");
}

std::string identity() { return fmt::format("{}/{}", user_at_machine(), ::getpid()); }

std::string mark() {
  const std::string where = machine();
  const std::string id = std::to_string(::getpid());
  return where.empty() ? std::string{} : fmt::format("{}/{}/{}", where, id, start_time(id));
}

bool is_this(std::string_view other) { return !other.empty() && other == mark(); }

bool is_gone(std::string_view mark) {
  const std::string here = machine();
  if (here.empty() || !mark.starts_with(here + "/")) return false;
  const auto parts = text::split(mark.substr(here.size() + 1), '/');
  return parts.size() == 2 && start_time(parts[0]) != parts[1];
}

}  // namespace fedctl::process

#include "base/file.hpp"
#include "base/printable.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "base/yaml.hpp"
#include "cli/print_plan.hpp"
#include "plan/shared_errors.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

extern char** environ;

namespace fedctl::cli {
namespace {

namespace fs = std::filesystem;

/// A folder of ours that goes with everything in it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::error_code problem;
    std::string pattern = (fs::temp_directory_path(problem) / "fedctl-diff-XXXXXX").string();
    if (!problem && ::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// kubectl's rule: split at spaces; words after the first only if they are plain, so that nothing is smuggled in.
std::vector<std::string> diff_program() {
  const char* external = std::getenv("KUBECTL_EXTERNAL_DIFF");
  if (external == nullptr || *external == '\0') return {"diff", "-u", "-N"};
  const auto is_plain = [](const std::string& word) {
    return std::ranges::all_of(word, [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '='; });
  };
  std::vector<std::string> words;
  for (const std::string& word : text::split(external, ' ')) {
    if (!word.empty() && (words.empty() || is_plain(word))) words.push_back(word);
  }
  return words;
}

std::string file_name(const plan::ClusterPlan& cluster, const plan::Change& change) {
  const kube::GroupVersionKind type = kube::gvk(change.api_version, change.key.kind);
  return file::segment_of(text::printable(fmt::format("{}.{}{}{}.{}.{}.{}", cluster.name, type.group, type.group.empty() ? "" : ".",
                                                      type.version, type.kind, change.key.name_space, change.key.name)));
}

Result<void> write_side(const fs::path& folder, const std::string& name, const std::shared_ptr<const nlohmann::json>& object) {
  if (!object) return {};
  return file::write_inside(folder, {name}, yaml::emit(*object), {.mode = 0600, .lasts = false});
}

/// Runs it with our standard output; its exit status, or nothing where it could not be started.
std::optional<int> run(const std::vector<std::string>& words, const fs::path& folder, process::HeldSignals& held) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigmask(&attributes, &held.before());
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  pid_t child = 0;
  const int problem = ::posix_spawnp(&child, arguments.front(), &actions, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  errno = problem;
  if (problem != 0) return std::nullopt;
  return held.wait_for(child);
}

}  // namespace

Result<void> print_unified(const plan::Plan& plan) {
  process::HeldSignals held;  // Before the folder, which goes when they strike.
  const TemporaryFolder folder;
  const fs::path live = folder.path() / "LIVE";
  const fs::path wanted = folder.path() / "WANTED";
  std::error_code problem;
  for (const fs::path& side : {live, wanted}) fs::create_directories(side, problem);
  if (folder.path().empty() || problem) return Failure{{Code::internal, "no temporary folder can be made for the diff"}};
  for (const plan::ClusterPlan* cluster : parts_of(plan)) {
    if (cluster->problem) say_line(fmt::format("{}: {}: {}", cluster->name, to_string(cluster->problem->code), cluster->problem->message));
    for (const plan::Change& change : cluster->changes) {
      const bool is_open = change.action == plan::Action::conflict || change.action == plan::Action::unknown;
      const bool told = is_open && !is_explained(*cluster, change);
      if (told)
        say_line(fmt::format("{}: {} {}: {}", cluster->name, to_string(change.action), kube::to_string(change.key), note_text(change)));
      if (change.action == plan::Action::remove && !change.before)
        say_line(fmt::format("{}: delete {}, whose content was not read", cluster->name, kube::to_string(change.key)));
      const std::string name = file_name(*cluster, change);
      if (auto written = write_side(live, name, change.before); !written) return written;
      if (auto written = write_side(wanted, name, change.after); !written) return written;
    }
  }
  for (const Error& error : errors_of(plan)) say(fmt::format("error: {}\n", describe(error)));
  std::vector<std::string> words = diff_program();
  words.insert(words.end(), {"LIVE", "WANTED"});
  flush_output();
  const auto status = run(words, folder.path(), held);
  if (!status) {
    return Failure{{.code = Code::not_found,
                    .message = fmt::format("'{}' cannot be run: {}", words.front(), std::strerror(errno)),
                    .hint = "install it, or name another with KUBECTL_EXTERNAL_DIFF"}};
  }
  if (held.struck()) return Failure{{Code::cancelled, "interrupted"}};
  if (*status > 1) return Failure{{Code::internal, fmt::format("'{}' ended with {}", words.front(), *status)}};
  return {};
}

}  // namespace fedctl::cli

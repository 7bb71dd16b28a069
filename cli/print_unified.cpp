#include "base/file.hpp"
#include "base/text.hpp"
#include "base/yaml.hpp"
#include "cli/print_plan.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
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
    std::string pattern = (fs::temp_directory_path() / "fedctl-diff-XXXXXX").string();
    if (::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
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
  std::string name = cluster.name + ".";
  name += change.key.group.empty() ? change.api_version : change.key.group + "." + change.api_version.substr(change.key.group.size() + 1);
  name += "." + change.key.kind + "." + change.key.name_space + "." + change.key.name;
  std::ranges::replace(name, '/', '_');
  return name;
}

Result<void> write_side(const fs::path& folder, const std::string& name, const std::shared_ptr<const nlohmann::json>& object) {
  if (!object) return {};
  return file::write_atomically(folder / name, yaml::emit(*object), 0600);
}

/// Runs it with our standard output; its exit status, or nothing where it could not be started.
std::optional<int> spawn(const std::vector<std::string>& words, const fs::path& folder) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  pid_t child = 0;
  const int problem = ::posix_spawnp(&child, arguments.front(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (problem != 0) return std::nullopt;
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Result<void> print_unified(const plan::Plan& plan) {
  const TemporaryFolder folder;
  const fs::path live = folder.path() / "LIVE";
  const fs::path wanted = folder.path() / "WANTED";
  std::error_code problem;
  for (const fs::path& side : {live, wanted}) fs::create_directories(side, problem);
  if (folder.path().empty() || problem) return Failure{{Code::internal, "no temporary folder can be made for the diff"}};
  for (const plan::ClusterPlan* cluster : parts_of(plan)) {
    if (cluster->problem) say(fmt::format("{}: {}: {}\n", cluster->name, to_string(cluster->problem->code), cluster->problem->message));
    for (const Error& error : cluster->errors) say(fmt::format("error: {}\n", describe(in_cluster(error, cluster->name))));
    for (const plan::Change& change : cluster->changes) {
      const bool told = change.action == plan::Action::conflict || change.action == plan::Action::unknown;
      if (told)
        say(fmt::format("{}: {} {}: {}\n", cluster->name, to_string(change.action), kube::to_string(change.key), note_text(change)));
      if (change.action == plan::Action::remove && !change.before)
        say(fmt::format("{}: delete {}, whose content was not read\n", cluster->name, kube::to_string(change.key)));
      const std::string name = file_name(*cluster, change);
      if (auto written = write_side(live, name, change.before); !written) return written;
      if (auto written = write_side(wanted, name, change.after); !written) return written;
    }
  }
  std::vector<std::string> words = diff_program();
  words.insert(words.end(), {"LIVE", "WANTED"});
  std::fflush(stdout);
  const auto status = spawn(words, folder.path());
  if (!status) {
    return Failure{{Code::not_found, fmt::format("'{}' cannot be run: {}", words.front(), std::strerror(errno)), "", "", "",
                    "install it, or name another with KUBECTL_EXTERNAL_DIFF"}};
  }
  if (*status > 1) return Failure{{Code::internal, fmt::format("'{}' ended with {}", words.front(), *status)}};
  return {};
}

}  // namespace fedctl::cli

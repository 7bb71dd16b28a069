#include "cli/topics.hpp"

#include <algorithm>
#include <map>

namespace fedctl::cli {
namespace {

using Entries = std::vector<std::pair<std::string, std::string>>;

const Entries& all_exit_codes() {
  static const Entries all{
      {"0", "Done, or nothing to do."},
      {"1", "An error, of usage too; nothing was written. Of a failover, 'fedctl failover status' tells how far it is."},
      {"2", "Changes are pending: only with --detailed-exitcode."},
      {"3", "Not everything: a cluster or an object failed, is unknown, or is (or may be) written and not ready."},
      {"4", "Refused: a conflict, or nobody confirmed."},
      {"130", "Interrupted with Ctrl-C."}};
  return all;
}

/// Commands that are not named end with 0, 1, 3, 4 or 130; those of a failover with 0, 1, 4 or 130.
const std::map<std::string, std::vector<std::string>>& codes_by_command() {
  static const std::map<std::string, std::vector<std::string>> all{{"apply", {"0", "1", "3", "4", "130"}},
                                                                   {"clusters", {"0", "1", "3", "130"}},
                                                                   {"completion", {"0", "1"}},
                                                                   {"delete", {"0", "1", "3", "4", "130"}},
                                                                   {"explain", {"0", "1", "130"}},
                                                                   {"failover", {"0", "1"}},
                                                                   {"failover import", {"0", "1"}},
                                                                   {"plan", {"0", "1", "2", "3", "4", "130"}},
                                                                   {"render", {"0", "1"}},
                                                                   {"schedule", {"0", "1"}},
                                                                   {"show", {"0", "1"}},
                                                                   {"status", {"0", "1", "2", "3", "130"}},
                                                                   {"version", {"0", "1"}}};
  return all;
}

Topic environment() {
  return {"environment",
          "The variables that fedctl reads",
          {{"FEDCTL_FLEET", "The Fleet file, where neither --fleet nor --contexts is given."},
           {"KUBECONFIG", "kubeconfig files, separated by colons; of two entries with one name the first wins."},
           {"HTTPS_PROXY, NO_PROXY", "The proxy for clusters whose kubeconfig names none."},
           {"NO_COLOR", "No colours."},
           {"XDG_CACHE_HOME", "Discovery answers are kept in fedctl/ below it; default ~/.cache."},
           {"FEDCTL_COMPLETION_DESCRIPTIONS", "With 'false', completion offers words without descriptions."}}};
}

}  // namespace

Topic exit_codes_of(const std::string& path) {
  const auto known = codes_by_command().find(path);
  std::vector<std::string> codes{"0", "1", "3", "4", "130"};
  if (path.starts_with("failover ")) codes = {"0", "1", "4", "130"};
  if (known != codes_by_command().end()) codes = known->second;
  Topic topic{"exit-codes", "What fedctl exits with", {}};
  for (const auto& entry : all_exit_codes()) {
    if (path.empty() || std::ranges::find(codes, entry.first) != codes.end()) topic.entries.push_back(entry);
  }
  const bool has_outcomes =
      std::ranges::any_of(topic.entries, [](const auto& entry) { return std::string{"234"}.find(entry.first) != std::string::npos; });
  if (has_outcomes) topic.closing = "With --no-exit-code the codes 2, 3 and 4 become 0, for shells with 'set -e'.";
  return topic;
}

const std::vector<Topic>& topics() {
  static const std::vector<Topic> all{exit_codes_of(""), environment()};
  return all;
}

const Topic* find_topic(const std::string& name) {
  const auto found = std::ranges::find(topics(), name, &Topic::name);
  return found == topics().end() ? nullptr : &*found;
}

}  // namespace fedctl::cli

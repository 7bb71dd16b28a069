#include "federation/what_if.hpp"

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/common.hpp"
#include "manifest/manifest.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <algorithm>
#include <charconv>
#include <memory>

namespace fedctl::cli {
namespace {

using federation::Outcome;
using federation::Preference;
using federation::Share;
using nlohmann::json;

struct Flags {
  InputFlags input;
  OutputFlags output;
  std::vector<std::string> clusters;
  std::vector<std::string> current;
  std::vector<std::string> capacity;
  std::vector<std::string> unhealthy;
};

struct Scheduled {
  Preference preference;
  Outcome outcome;
};

/// "A=30,B=5" as it was split. Errors: usage.
Result<std::map<std::string, std::int64_t>> numbers_of(const std::string& flag, const std::vector<std::string>& words) {
  std::map<std::string, std::int64_t> result;
  for (const std::string& word : words) {
    const auto equals = word.rfind('=');
    std::int32_t number = -1;
    const char* end = word.data() + word.size();
    const char* begin = equals == std::string::npos ? end : word.data() + equals + 1;
    const auto [rest, problem] = std::from_chars(begin, end, number);
    if (equals == std::string::npos || equals == 0 || problem != std::errc{} || rest != end || number < 0) {
      return Failure{{Code::usage, fmt::format("{}: '{}' is not CLUSTER=NUMBER, with a number from 0 up to 2147483647", flag, word)}};
    }
    if (!result.emplace(word.substr(0, equals), number).second)
      return Failure{{Code::usage, fmt::format("{} names '{}' twice", flag, word.substr(0, equals))}};
  }
  return result;
}

/// Errors: of the input; invalid_input where it holds no preference.
Result<std::vector<Preference>> preferences_of(const std::vector<manifest::Manifest>& manifests, const Flags& flags) {
  std::vector<Preference> preferences;
  for (const manifest::Manifest& manifest : manifests) {
    if (!federation::is_preference(kube::gvk_of(manifest.object))) continue;
    auto preference = federation::read_preference(manifest, flags.input.name_space.empty() ? "default" : flags.input.name_space);
    if (!preference) return Failure{preference.error()};
    preferences.push_back(std::move(*preference));
  }
  if (auto single = federation::check_one_preference_each(preferences); !single) return Failure{single.error()};
  if (preferences.empty())
    return Failure{
        {Code::invalid_input, fmt::format("there is no ReplicaSchedulingPreference in {}", text::join(flags.input.paths, ", "))}};
  return preferences;
}

json numbers_document(const Outcome& outcome, std::int64_t Share::*number, bool zeros) {
  json result = json::object();
  for (const Share& share : outcome.schedule.shares) {
    if (zeros || share.*number != 0) result[share.cluster] = share.*number;
  }
  return result;
}

json to_document(const Outcome& outcome) {
  return {{"replicas", numbers_document(outcome, &Share::replicas, true)},
          {"overflow", numbers_document(outcome, &Share::overflow, false)}};
}

void print_json(const std::vector<Scheduled>& all) {
  json document = to_document(all.front().outcome);
  if (all.size() > 1) {
    document = {{"preferences", json::array()}};
    for (const Scheduled& one : all) {
      json item = to_document(one.outcome);
      item["namespace"] = one.preference.name_space;
      item["name"] = one.preference.name;
      document["preferences"].push_back(std::move(item));
    }
  }
  print(fedctl::to_text(document, 2) + "\n");
}

std::string bar(std::int64_t part, std::int64_t whole) {
  constexpr std::int64_t columns = 24;
  std::string result;
  const std::int64_t length = whole == 0 ? 0 : (part * columns + whole - 1) / whole;
  for (std::int64_t i = 0; i < length; ++i) result += "█";
  return result;
}

void print_table(const Scheduled& one, const std::vector<std::string>& unhealthy) {
  const bool draws = is_terminal(STDOUT_FILENO);
  const federation::Schedule& schedule = one.outcome.schedule;
  std::int64_t most = 0;
  std::int64_t placed = 0;
  for (const Share& share : schedule.shares) {
    most = std::max(most, share.replicas);
    placed += share.replicas;
  }
  std::vector<std::string> headings{"CLUSTER", "REPLICAS", "OVERFLOW", "WHY"};
  if (draws) headings.insert(headings.begin() + 3, "");
  std::vector<std::vector<std::string>> rows;
  const auto add = [&](const std::string& cluster, std::int64_t replicas, const std::string& overflow, const std::string& drawn,
                       const std::string& why) {
    std::vector<std::string> row{cluster, std::to_string(replicas), overflow, why};
    if (draws) row.insert(row.begin() + 3, drawn);
    rows.push_back(std::move(row));
  };
  for (const Share& share : schedule.shares) {
    const bool is_unhealthy = std::ranges::find(unhealthy, share.cluster) != unhealthy.end();
    add(share.cluster, share.replicas, share.overflow == 0 ? "-" : std::to_string(share.overflow), bar(share.replicas, most),
        is_unhealthy ? "not healthy" : federation::reason_of(share, schedule.total_weight));
  }
  add("total", placed, "", "", fmt::format("of {}", one.preference.total));
  print_line(fmt::format("{} {}/{}", one.preference.target_kind, one.preference.name_space, one.preference.name));
  print(table(headings, rows));
}

int show_schedule(const Flags& flags) {
  const auto manifests = manifest::read(flags.input.paths, flags.input.recursive);
  if (!manifests) return report(manifests.error());
  const auto preferences = preferences_of(manifests->items, flags);
  if (!preferences) return report(preferences.error());
  const auto current = numbers_of("--current", flags.current);
  if (!current) return report(current.error());
  const auto capacity = numbers_of("--capacity", flags.capacity);
  if (!capacity) return report(capacity.error());
  federation::Supposition supposition{flags.clusters, *current, *capacity, {flags.unhealthy.begin(), flags.unhealthy.end()}};
  std::erase(supposition.clusters, "");
  std::vector<Scheduled> all;
  for (const Preference& preference : *preferences) {
    auto outcome = federation::what_if(preference, supposition);
    if (!outcome) return report(outcome.error());
    for (const std::string& notice : outcome->notices) warn(fmt::format("{}: {}", preference.manifest->place(), notice));
    all.push_back({preference, std::move(*outcome)});
  }
  if (flags.output.output == "json") {
    print_json(all);
    return exit_done;
  }
  for (const Scheduled& one : all) {
    if (&one != &all.front()) print("\n");
    print_table(one, flags.unhealthy);
  }
  return exit_done;
}

}  // namespace

void add_schedule(Program& program) {
  auto flags = std::make_shared<Flags>();
  CommandText text{
      "Tells how a ReplicaSchedulingPreference would spread its replicas over clusters, without asking any: what each gets, and why. "
      "--current says what runs now (which stays, unless the preference rebalances), --capacity what fits at most, --unhealthy which "
      "clusters "
      "get nothing. The numbers are KubeFed's, exactly.\n\n"
      "With -o json: {\"replicas\": {CLUSTER: NUMBER}, \"overflow\": {CLUSTER: NUMBER}}; overflow is what a cluster's capacity cut off. Of "
      "several preferences a list of these, under \"preferences\".\n\n"
      "Exits with 0, or 1 on an error in the input.",
      {{"What each cluster would get",
        "fedctl schedule -f web-app-scheduling.yaml --clusters tokyo-cluster,ireland-cluster,virginia-cluster"},
       {"And if one fails",
        "fedctl schedule -f web-app-scheduling.yaml --clusters tokyo-cluster,ireland-cluster,virginia-cluster --unhealthy ireland-cluster"},
       {"From where things are now, with room for 10 in B, for a program",
        "fedctl schedule -f preference.yaml --clusters A,B,C --current A=30,B=5 --capacity B=10 -o json"}}};
  CLI::App* command = add_command(program, "schedule", "Tell how a preference would spread its replicas, offline", std::move(text),
                                  [flags] { return finish(show_schedule(*flags), flags->output); });
  add_input_flags(program, *command, flags->input);
  const std::string group = "Supposing";
  command->remove_option(command->get_option("--api"));
  auto* clusters = command->add_option("--clusters", flags->clusters, "The clusters there are");
  clusters->type_name("CLUSTER,...")->delimiter(',')->allow_extra_args(false)->required()->group(group);
  auto* unhealthy = command->add_option("--unhealthy", flags->unhealthy, "Those of them that are not ready");
  unhealthy->type_name("CLUSTER,...")->delimiter(',')->allow_extra_args(false)->group(group);
  for (auto* option : {clusters, unhealthy}) program.values[option] = {ValueKind::cluster};
  command->add_option("--current", flags->current, "Replicas that run now")
      ->type_name("CLUSTER=NUMBER,...")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->group(group);
  command->add_option("--capacity", flags->capacity, "Replicas that fit at most")
      ->type_name("CLUSTER=NUMBER,...")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->group(group);
  add_output_flags(program, *command, flags->output, {"table", "json"});
}

}  // namespace fedctl::cli

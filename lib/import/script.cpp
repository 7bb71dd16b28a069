#include "import/script.hpp"

#include "base/json.hpp"
#include "kube/object.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <map>

namespace fedctl::import {
namespace {

using nlohmann::json;

/// A command's words, told apart.
struct Arguments {
  std::vector<std::string> plain;
  std::map<std::string, std::string> flags;

  std::string flag(const std::string& name, const std::string& short_name = {}) const {
    auto found = flags.find(name);
    if (found == flags.end() && !short_name.empty()) found = flags.find(short_name);
    return found == flags.end() ? "" : found->second;
  }
};

/// Flags without a value, of kubectl and aws.
bool is_switch(const std::string& flag) {
  constexpr std::array<std::string_view, 8> switches{"--force", "--record", "--no-headers", "-A", "--all-namespaces", "--wait", "-w", "-q"};
  return std::ranges::find(switches, flag) != switches.end();
}

Arguments arguments_of(const Command& command) {
  Arguments arguments;
  for (std::size_t i = 1; i < command.words.size(); ++i) {
    const std::string& word = command.words[i];
    const auto equals = word.find('=');
    if (!word.starts_with('-')) {
      arguments.plain.push_back(word);
    } else if (equals != std::string::npos) {
      arguments.flags[word.substr(0, equals)] = word.substr(equals + 1);
    } else if (!is_switch(word) && i + 1 < command.words.size()) {
      arguments.flags[word] = command.words[++i];
    }
  }
  return arguments;
}

void read_kubectl(const Command& command, Script& script) {
  const Arguments arguments = arguments_of(command);
  if (arguments.plain.empty()) return;
  const std::string& verb = arguments.plain.front();
  if (verb != "patch") {
    const std::string context = arguments.flag("--context");
    constexpr std::array<std::string_view, 4> looks{"cluster-info", "get", "version", "api-versions"};
    if (!context.empty() && !script.probed_context && std::ranges::find(looks, verb) != looks.end()) script.probed_context = context;
    return;
  }
  Patch patch{.name_space = arguments.flag("--namespace", "-n"), .line = command.line};
  if (arguments.plain.size() > 1) patch.kind = arguments.plain[1];
  if (arguments.plain.size() > 2) patch.name = arguments.plain[2];
  if (const auto slash = patch.kind.find('/'); slash != std::string::npos) {
    patch.name = patch.kind.substr(slash + 1);
    patch.kind.resize(slash);
  }
  patch.content = parse_json(arguments.flag("--patch", "-p"));
  if (patch.content.is_discarded()) {
    patch.content = nullptr;
    script.unreadable.push_back(fmt::format("line {}: the patch of {} {} is no JSON", command.line, patch.kind, patch.name));
  }
  script.patches.push_back(std::move(patch));
}

void read_aws(const Command& command, Script& script) {
  const Arguments arguments = arguments_of(command);
  if (arguments.plain.size() < 2 || arguments.plain[0] != "route53" || arguments.plain[1] != "change-resource-record-sets") return;
  const json batch = parse_json(arguments.flag("--change-batch"));
  if (batch.is_discarded()) {
    script.unreadable.push_back(fmt::format("line {}: the change batch is no JSON", command.line));
    return;
  }
  for (const json& change : kube::list_at(batch, "Changes")) {
    if (kube::string_at(change, "Action") == "DELETE") continue;
    const json set = kube::map_at(change, "ResourceRecordSet");
    RecordChange record{.zone = arguments.flag("--hosted-zone-id"), .line = command.line};
    record.name = kube::string_at(set, "Name");
    if (record.name.ends_with('.')) record.name.pop_back();
    record.type = kube::string_at(set, "Type");
    record.ttl = static_cast<int>(kube::integer_in(set, "/TTL", 0));
    const json values = kube::list_at(set, "ResourceRecords");
    if (!values.empty()) record.value = kube::string_at(values.front(), "Value");
    if (record.value.ends_with('.')) record.value.pop_back();
    script.records.push_back(std::move(record));
  }
}

}  // namespace

Script read_script(std::string_view text) {
  Script script;
  for (const Command& command : commands_of(text)) {
    const std::string& program = command.words.front();
    if (program == "kubectl" || program.ends_with("/kubectl")) read_kubectl(command, script);
    if (program == "aws" || program.ends_with("/aws")) read_aws(command, script);
  }
  return script;
}

}  // namespace fedctl::import

#include "cli/apply.hpp"

#include "base/file.hpp"
#include "base/text.hpp"
#include "kube/discovery.hpp"

#include <fmt/format.h>
#include <memory>

namespace fedctl::cli {
namespace {

struct Flags {
  ApplyFlags apply;
  std::vector<std::string> words;  ///< TYPE NAME..., TYPE/NAME...
};

/// What a person calls the type, as the federated kind that the host knows it by.
Task<Result<std::string>> federated_kind_of(control::Host host, std::string word) {
  const auto types = co_await control::read_types(host);
  if (!types) co_return Failure{types.error()};
  const std::string typed = text::lower(word);
  std::vector<std::string> names;
  for (const control::FederatedType& type : *types) {
    for (const kube::Resource& one : {type.federated, type.target}) {
      names.push_back(one.plural);
      if (typed == one.plural || typed == text::lower(one.kind) || typed == one.qualified_plural()) co_return type.federated.kind;
    }
  }
  const auto discovery = co_await kube::discover(*host.client, file::cache_folder(), false);
  const auto match = discovery ? discovery->match(word) : Result<kube::Resource>{Failure{discovery.error()}};
  for (const control::FederatedType& type : *types) {
    if (!match) break;
    const std::string plural = match->qualified_plural();
    if (plural == type.name || plural == type.federated.qualified_plural()) co_return type.federated.kind;
  }
  co_return Failure{{.code = Code::unknown_kind,
                     .message = fmt::format("no federated type is called '{}'{}", word, text::did_you_mean(typed, names)),
                     .cluster = host.client->cluster()}};
}

Result<std::vector<kube::ObjectKey>> named_objects(const Flags& flags) {
  http::Loop loop{log_for(flags.apply.plan.output)};
  const auto host = host_of(loop, flags.apply.plan.clusters);
  if (!host) return Failure{host.error()};
  if (!*host)
    return Failure{{.code = Code::usage,
                    .message = "TYPE NAME goes with a host, which holds federated objects",
                    .hint = "name it with --host-cluster-context, or use -f"}};
  std::vector<std::pair<std::string, std::string>> pairs;
  for (std::size_t i = 0; i < flags.words.size(); ++i) {
    const auto slash = flags.words[i].find('/');
    if (slash != std::string::npos) pairs.emplace_back(flags.words[i].substr(0, slash), flags.words[i].substr(slash + 1));
    if (slash == std::string::npos && i > 0) pairs.emplace_back(flags.words[0], flags.words[i]);
  }
  if (pairs.empty())
    return Failure{{.code = Code::usage, .message = "expected TYPE NAME", .hint = "as in 'fedctl delete deployment web -n production'"}};
  const std::string& given = flags.apply.plan.input.name_space;
  std::vector<kube::ObjectKey> keys;
  for (const auto& [type, name] : pairs) {
    const auto kind = loop.run(federated_kind_of((*host)->host, type));
    if (!kind) return Failure{kind.error()};
    const std::string name_space = *kind == "FederatedNamespace" ? name : given.empty() ? (*host)->default_namespace : given;
    keys.push_back({"types.kubefed.io", *kind, name_space, name});
  }
  return keys;
}

int run_delete(Flags& flags) {
  const bool has_files = !flags.apply.plan.input.paths.empty();
  if (has_files == !flags.words.empty()) return report({Code::usage, "delete needs TYPE NAME or -f PATH, and not both"});
  if (!flags.words.empty()) {
    auto keys = named_objects(flags);
    if (!keys) return report(keys.error());
    flags.apply.plan.removed = std::move(*keys);
  }
  return apply_plan(flags.apply);
}

}  // namespace

void add_delete(Program& program) {
  auto flags = std::make_shared<Flags>();
  flags->apply.plan.removes = true;
  CommandText text{
      "Deletes federated objects with their copies in every cluster. It shows what would go, asks, deletes the copies, and last the "
      "federated object in the host; while a cluster that has a copy does not answer, the federated object stays, so that nothing is "
      "forgotten. Copies stay where 'fedctl orphaning-deletion' says so. Only what fedctl or KubeFed put there is deleted; a namespace "
      "goes only when nothing else is in it.\n\n"
      "Without a host, -f names manifests whose copies are deleted from the fleet's clusters.\n\n"
      "An object that has finalizers, and a namespace, stay for a while after the server accepted their deletion. It waits until they are "
      "gone, for at most --timeout; then it says what keeps them, and exits with 3. With --wait=false it says that they are being deleted. "
      "Exits as apply does.",
      {{"A federated Deployment and its copies", "fedctl delete deployment web-app -n production --host-cluster-context host-cluster"},
       {"What files brought, from the clusters of a fleet file", "fedctl delete -f federated-web-app.yaml --fleet fleet.yaml --yes"}}};
  CLI::App* command = add_command(program, "delete", "Delete federated objects and their copies", std::move(text),
                                  [flags] { return finish(run_delete(*flags), flags->apply.plan.output); });
  auto* words = command->add_option("TYPE NAME", flags->words, "Type and names of federated objects of the host")->expected(0, -1);
  program.values[words] = {ValueKind::type};
  flags->apply.plan.input.required = false;
  add_input_flags(program, *command, flags->apply.plan.input);
  add_cluster_flags(program, *command, flags->apply.plan.clusters, true);
  add_apply_flags(program, *command, flags->apply);
}

}  // namespace fedctl::cli

#include "plan/explain.hpp"

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/yaml.hpp"
#include "cli/planning.hpp"
#include "cli/print_explanation.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <memory>

namespace fedctl::cli {
namespace {

struct Flags {
  PlanFlags plan;
  std::string what;  ///< TYPE/NAME
  std::string field;
};

/// The clusters of a host, or those of the input, offline.
Result<std::shared_ptr<const planning::Scope>> open_scope(http::Loop& loop, const Flags& flags, Planned& planned) {
  const ClusterFlags& clusters = flags.plan.clusters;
  if (planned.host) return planning::open_host(loop, planned.host->host, clusters.only, connect_options(clusters));
  if (flags.plan.input.paths.empty())
    return Failure{{.code = Code::usage,
                    .message = "nothing says what to explain",
                    .hint = "use -f PATH, or --host-cluster-context for what a host holds"}};
  auto fleet = fleet_for(clusters, planned.input.manifests);
  if (!fleet) return Failure{fleet.error()};
  return planning::offline_fleet(std::move(*fleet), clusters.only);
}

/// What is rendered, of files alone or of a host, with the clusters that --cluster leaves.
Result<std::unique_ptr<Planned>> rendered(http::Loop& loop, const Flags& flags) {
  auto planned = std::make_unique<Planned>();
  auto host = host_of(loop, flags.plan.clusters);
  const bool needs_host = flags.plan.input.paths.empty() || !flags.plan.clusters.host_context.empty();
  if (!host && needs_host) return Failure{host.error()};
  auto input = read_input(flags.plan.input);
  if (!input) return Failure{input.error()};
  planned->input = std::move(*input);
  if (host) planned->host = std::move(*host);
  auto scope = open_scope(loop, flags, *planned);
  if (!scope) return Failure{scope.error()};
  planning::PlanOptions options{.renders_only = true};
  options.inspect.cache = file::cache_folder();
  auto made = planning::make_plan(loop, std::move(*scope), std::move(planned->input), options);
  if (!made) return Failure{made.error()};
  planned->made = std::move(*made);
  return planned;
}

int show_explanation(const Flags& flags) {
  const auto named = named_object(flags.what, flags.plan.input, "explain");
  if (!named) return report(named.error());
  http::Loop loop{log_for(flags.plan.output)};
  loop.interrupt_on_signals();
  const auto planned = rendered(loop, flags);
  if (loop.interrupted()) return exit_interrupted;
  if (!planned) return report(planned.error());
  const planning::Planned& all = *(*planned)->made;
  auto explanations = plan::explain({all.manifests, all.scope->all, all.types, all.default_namespace, all.rendered}, *named);
  if (explanations.empty()) {
    return report({.code = Code::not_found,
                   .message = fmt::format("the input has no {}{}", flags.what,
                                          flags.plan.input.name_space.empty() ? "" : " in namespace " + flags.plan.input.name_space),
                   .hint = "see 'fedctl render' for what there is"});
  }
  if (!flags.field.empty()) {
    if (const auto kept = plan::keep_field(explanations, flags.field); !kept) return report(kept.error());
  }
  const std::string& format = flags.plan.output.output;
  if (format == "json") {
    print(fedctl::to_text(explanation_document(explanations), 2) + "\n");
  } else if (format == "yaml") {
    print(yaml::emit(explanation_document(explanations)));
  } else {
    print_explanations(explanations, !flags.field.empty());
  }
  return exit_done;
}

}  // namespace

void add_explain(Program& program) {
  auto flags = std::make_shared<Flags>();
  CommandText text{
      "Says for each cluster why the object is wanted there, or why it is not (which part of the placement, which label, which "
      "FederatedNamespace), and where each of its fields comes from: the template, which override, the manifest itself, or fedctl's own "
      "marks, with file and line, and what the template has where an override replaces it. TYPE is a federated type or its target, as "
      "kubectl would take it. Works offline; with a host it reads what that holds. A Secret's values are masked.",
      {{"An object in all clusters", "fedctl explain deployment/web-app -f federated-web-app.yaml --fleet fleet.yaml"},
       {"One field in one cluster",
        "fedctl explain deploy/web-app -f federated-web-app.yaml --cluster tokyo-cluster --field spec.replicas"},
       {"Of a host", "fedctl explain deploy/web-app -n production --host-cluster-context host-cluster"}}};
  CLI::App* command = add_command(program, "explain", "Explain why an object is in a cluster, and where its fields come from",
                                  std::move(text), [flags] { return finish(show_explanation(*flags), flags->plan.output); });
  command->add_option("TYPE/NAME", flags->what, "The object, its type as kubectl takes it")->required();
  flags->plan.input.required = false;
  add_input_flags(program, *command, flags->plan.input);
  command
      ->add_option("--field", flags->field,
                   "Only this field and what is in it: spec.replicas, spec.template.spec.containers[name=app].image or a JSON Pointer")
      ->type_name("PATH")
      ->group("Output");
  add_cluster_flags(program, *command, flags->plan.clusters, true);
  add_output_flags(program, *command, flags->plan.output, {"text", "json", "yaml"});
}

}  // namespace fedctl::cli

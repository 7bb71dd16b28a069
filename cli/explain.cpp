#include "plan/explain.hpp"

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

/// What is rendered, of files alone or of a host, with the clusters that --cluster leaves.
Result<std::unique_ptr<Planned>> rendered(http::Loop& loop, const Flags& flags, std::vector<plan::Explanation>& explanations,
                                          const kube::Named& named) {
  auto planned = std::make_unique<Planned>();
  auto host = host_of(loop, flags.plan.clusters);
  const bool needs_host = flags.plan.input.paths.empty() || !flags.plan.clusters.host_context.empty();
  if (!host && needs_host) return Failure{host.error()};
  auto input = read_input(flags.plan.input);
  if (!input) return Failure{input.error()};
  planned->input = std::move(*input);
  if (host && *host) {
    planned->host = std::move(*host);
    if (auto made = make_plan(loop, flags.plan, *planned); !made) return Failure{made.error()};
    const control::Propagation& all = *planned->propagation;
    const auto manifests = std::span{all.manifests}.first(all.rendered_count);
    explanations = plan::explain({manifests, all.whole_fleet, all.type_table, all.default_namespace, all.rendered}, named);
    return planned;
  }
  if (flags.plan.input.paths.empty())
    return Failure{
        {Code::usage, "nothing says what to explain", "", "", "", "use -f PATH, or --host-cluster-context for what a host holds"}};
  auto fleet = fleet_for(flags.plan.clusters, planned->input.manifests);
  if (!fleet) return Failure{fleet.error()};
  planned->whole_fleet = std::move(*fleet);
  const auto shown = narrowed(planned->whole_fleet, flags.plan.clusters.only);
  if (!shown) return Failure{shown.error()};
  auto all = federation::render(planned->input.manifests, planned->whole_fleet, planned->input.types, planned->input.render);
  if (!all) return Failure{all.error()};
  planned->rendered = std::move(*all);
  std::erase_if(planned->rendered.clusters, [&](const auto& cluster) { return shown->find(cluster.cluster) == nullptr; });
  const Planned& done = *planned;
  explanations =
      plan::explain({done.input.manifests, done.whole_fleet, done.input.types, done.input.render.default_namespace, done.rendered}, named);
  return planned;
}

int show_explanation(const Flags& flags) {
  const auto named = named_object(flags.what, flags.plan.input, "explain");
  if (!named) return report(named.error());
  http::Loop loop{log_for(flags.plan.output)};
  loop.interrupt_on_signals();
  std::vector<plan::Explanation> explanations;
  const auto planned = rendered(loop, flags, explanations, *named);
  if (loop.interrupted()) return exit_interrupted;
  if (!planned) return report(planned.error());
  if (explanations.empty()) {
    return report({Code::not_found,
                   fmt::format("the input has no {}{}", flags.what,
                               flags.plan.input.name_space.empty() ? "" : " in namespace " + flags.plan.input.name_space),
                   "", "", "", "see 'fedctl render' for what there is"});
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
  flags->plan.renders_only = true;
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

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/yaml.hpp"
#include "cli/common.hpp"

#include <fmt/format.h>
#include <filesystem>
#include <memory>
#include <set>

namespace fedctl::cli {
namespace {

using nlohmann::json;

struct Flags {
  ClusterFlags clusters;
  OutputFlags output;
  InputFlags input;
  std::string folder;
};

std::string file_name(const kube::ObjectKey& key) {
  return file::segment_of(fmt::format("{}{}{}-{}", text::lower(key.kind), key.group.empty() ? "" : ".", key.group, key.name)) + ".yaml";
}

/// CLUSTER/NAMESPACE/KIND-NAME.yaml, wherever the names would lead.
std::vector<std::string> segments_of(const std::string& cluster, const kube::ObjectKey& key) {
  std::vector<std::string> segments{file::segment_of(cluster)};
  if (!key.name_space.empty()) segments.push_back(file::segment_of(key.name_space));
  segments.push_back(file_name(key));
  return segments;
}

int write_folder(const federation::Rendered& rendered, const std::filesystem::path& folder) {
  for (const federation::ClusterObjects& cluster : rendered.clusters) {
    for (const federation::DesiredObject& desired : cluster.objects) {
      const file::WriteOptions options{.mode = desired.key.kind == "Secret" ? 0600u : 0644u, .lasts = false};
      const auto written =
          file::write_inside(folder, segments_of(cluster.cluster, desired.key), yaml::emit(*desired.content->get()), options);
      if (!written) return report(written.error());
    }
    print_line(fmt::format("{}: {}", (folder / file::segment_of(cluster.cluster)).string(), text::count(cluster.objects.size(), "object")));
  }
  return exit_done;
}

void print_yaml(const federation::Rendered& rendered) {
  for (const federation::ClusterObjects& cluster : rendered.clusters) {
    for (const federation::DesiredObject& desired : cluster.objects) {
      print("---\n");
      print_line(fmt::format("# cluster: {}", cluster.cluster));
      print(yaml::emit(*desired.content->get()));
    }
  }
}

void print_json(const federation::Rendered& rendered) {
  json clusters = json::array();
  for (const federation::ClusterObjects& cluster : rendered.clusters) {
    json objects = json::array();
    for (const federation::DesiredObject& desired : cluster.objects) objects.push_back(*desired.content->get());
    clusters.push_back({{"name", cluster.cluster}, {"objects", std::move(objects)}});
  }
  print(fedctl::to_text({{"apiVersion", "fedctl.io/v1alpha1"}, {"kind", "Rendering"}, {"clusters", std::move(clusters)}}, 2) + "\n");
}

int show_rendered(const Flags& flags) {
  const auto input = read_input(flags.input);
  if (!input) return report(input.error());
  const auto fleet = fleet_for(flags.clusters, input->manifests);
  if (!fleet) return report(fleet.error());
  say_found(*fleet);
  const auto shown = fleet::narrowed(*fleet, flags.clusters.only);
  if (!shown) return report(shown.error());
  auto rendered = federation::render(input->manifests, *fleet, input->types, input->render);
  if (!rendered) return report(rendered.error());
  for (const std::string& notice : rendered->notices) warn(notice);
  std::erase_if(rendered->clusters, [&](const auto& cluster) { return shown->find(cluster.cluster) == nullptr; });
  if (!flags.folder.empty()) return write_folder(*rendered, flags.folder);
  if (flags.output.output == "json") {
    print_json(*rendered);
  } else {
    print_yaml(*rendered);
  }
  return exit_done;
}

}  // namespace

void add_render(Program& program) {
  auto flags = std::make_shared<Flags>();
  CommandText text{
      "Prints what every cluster would get, without asking any: federated manifests become concrete objects by their template, placement "
      "and overrides; plain manifests go to every cluster. FederatedFoo stands for Foo, one of Kubernetes' own types or of a "
      "CustomResourceDefinition in the input; --api names others. Where nothing names the fleet, the clusters of the input's "
      "placements are it. Secrets are printed as they are.",
      {{"Everything, as YAML documents",
        "fedctl render -f federated-web-app.yaml --contexts tokyo-cluster,ireland-cluster,virginia-cluster"},
       {"What one cluster gets", "fedctl render -f manifests/ --fleet fleet.yaml --cluster tokyo-cluster"},
       {"A folder for each cluster, to hand to GitOps", "fedctl render -R -f manifests/ --fleet fleet.yaml --output-dir rendered"},
       {"A federated type of one's own", "fedctl render -f foo.yaml --contexts a,b --api FederatedFoo=example.com/v1/Foo"}}};
  CLI::App* command = add_command(program, "render", "Print every cluster's concrete objects, offline", std::move(text),
                                  [flags] { return finish(show_rendered(*flags), flags->output); });
  add_input_flags(program, *command, flags->input);
  auto* folder =
      command->add_option("--output-dir", flags->folder, "Write files into this folder, as DIR/CLUSTER/NAMESPACE/KIND-NAME.yaml");
  folder->type_name("DIR")->group("Output");
  program.values[folder] = {ValueKind::folder};
  add_cluster_flags(program, *command, flags->clusters, false);
  add_output_flags(program, *command, flags->output, {"yaml", "json"});
}

}  // namespace fedctl::cli

#include "inspect/autoscaling.hpp"

namespace fedctl::inspect {

using nlohmann::json;

Task<Result<Done>> Autoscalers::read(kube::Client& client, std::set<std::string> namespaces) {
  const kube::Resource type{
      .group = "autoscaling", .version = "v2", .kind = "HorizontalPodAutoscaler", .plural = "horizontalpodautoscalers"};
  std::vector<Task<Result<kube::List>>> tasks;
  for (const std::string& name_space : namespaces) {
    const kube::ListOptions options{.name_space = name_space};
    tasks.push_back(client.list(type, options));
  }
  const std::vector<Result<kube::List>> lists = co_await when_all(std::move(tasks));
  for (const auto& list : lists) {
    if (!list) co_return Failure{list.error()};
    for (const json& scaler : list->items) add(type.kind, kube::namespace_of(scaler), scaler);
  }
  co_return Done{};
}

void Autoscalers::add(const std::vector<federation::DesiredObject>& objects) {
  for (const federation::DesiredObject& object : objects) {
    const bool scales = (object.key.group == "autoscaling" && object.key.kind == "HorizontalPodAutoscaler") ||
                        (object.key.group == "keda.sh" && object.key.kind == "ScaledObject");
    if (scales) add(object.key.kind, object.key.name_space, *object.content->get());
  }
}

void Autoscalers::add(const std::string& kind, const std::string& name_space, const json& scaler) {
  const json& target = kube::map_at(kube::map_at(scaler, "spec"), "scaleTargetRef");
  const std::string version = kube::string_at(target, "apiVersion");
  const std::string target_kind = kube::string_at(target, "kind");
  // KEDA's default is a Deployment.
  const bool is_default = target_kind.empty();
  const kube::GroupVersionKind type = is_default ? kube::GroupVersionKind{"apps", "v1", "Deployment"} : kube::gvk(version, target_kind);
  by_target_[{type.group, type.kind, name_space, kube::string_at(target, "name")}] = kind + " " + kube::name_of(scaler);
}

std::string Autoscalers::scaling(const kube::ObjectKey& key) const {
  const auto found = by_target_.find(key);
  return found == by_target_.end() ? std::string{} : found->second;
}

}  // namespace fedctl::inspect

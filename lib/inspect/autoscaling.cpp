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
    for (const json& scaler : list->items) {
      const json target = kube::map_at(kube::map_at(scaler, "spec"), "scaleTargetRef");
      const kube::GroupVersionKind kind = kube::gvk(kube::string_at(target, "apiVersion"), kube::string_at(target, "kind"));
      by_target_[{kind.group, kind.kind, kube::namespace_of(scaler), kube::string_at(target, "name")}] = kube::name_of(scaler);
    }
  }
  co_return Done{};
}

std::string Autoscalers::scaling(const kube::ObjectKey& key) const {
  const auto found = by_target_.find(key);
  return found == by_target_.end() ? std::string{} : found->second;
}

}  // namespace fedctl::inspect

#include "kube/resource.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace fedctl::kube {

std::string Resource::path(const std::string& name_space, const std::string& name) const {
  std::string result = group.empty() ? "/api/" + version : "/apis/" + group + "/" + version;
  if (namespaced && !name_space.empty()) result += "/namespaces/" + name_space;
  result += "/" + plural;
  if (!name.empty()) result += "/" + name;
  return result;
}

bool is_called(const Resource& resource, std::string_view word) {
  const std::string typed = text::lower(word);
  const auto dot = typed.find('.');
  const auto same = [](const Resource& one, const std::string& name) {
    const auto is_name = [&](const std::string& known) { return text::lower(known) == name; };
    return is_name(one.plural) || is_name(one.singular) || is_name(one.kind) || std::ranges::any_of(one.short_names, is_name);
  };
  if (dot != std::string::npos && resource.group == typed.substr(dot + 1) && same(resource, typed.substr(0, dot))) return true;
  return same(resource, typed);
}

bool is_meant(const Named& named, const Resource& type, const ObjectKey& key) {
  constexpr std::string_view federated = "federated";
  if (key.name != named.name) return false;
  if (!named.name_space.empty() && !key.name_space.empty() && key.name_space != named.name_space) return false;
  const std::string word = text::lower(named.type);
  return is_called(type, word) || (word.starts_with(federated) && is_called(type, std::string_view{word}.substr(federated.size())));
}

}  // namespace fedctl::kube

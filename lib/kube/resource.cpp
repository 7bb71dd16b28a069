#include "kube/resource.hpp"

namespace fedctl::kube {

std::string Resource::path(const std::string& name_space, const std::string& name) const {
  std::string result = group.empty() ? "/api/" + version : "/apis/" + group + "/" + version;
  if (namespaced && !name_space.empty()) result += "/namespaces/" + name_space;
  result += "/" + plural;
  if (!name.empty()) result += "/" + name;
  return result;
}

}  // namespace fedctl::kube

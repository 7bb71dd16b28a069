#include "kubeconfig/shape.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace fedctl::kubeconfig {
namespace {

using nlohmann::json;

/// What a value must be.
struct Shape {
  enum class Type { anything, text, flag, list, map, object };

  Type type = Type::anything;
  std::vector<std::pair<std::string, Shape>> fields = {};  ///< Of an object; of a list and a map only one, which stands for each item.
};

using Type = Shape::Type;

Shape of_each(Type type, Shape item) { return {type, {{"", std::move(item)}}}; }

/// https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
Shape kubeconfig_shape() {
  const Shape text{Type::text};
  const Shape flag{Type::flag};
  const Shape texts = of_each(Type::list, text);
  const Shape extensions = of_each(Type::list, {Type::object, {{"name", text}, {"extension", {}}}});
  const auto named = [&](const std::string& key, const Shape& value) {
    return of_each(Type::list, {Type::object, {{"name", text}, {key, value}}});
  };
  const Shape cluster{Type::object,
                      {{"server", text},
                       {"tls-server-name", text},
                       {"insecure-skip-tls-verify", flag},
                       {"certificate-authority", text},
                       {"certificate-authority-data", text},
                       {"proxy-url", text},
                       {"disable-compression", flag},
                       {"extensions", extensions}}};
  const Shape provider{Type::object, {{"name", text}, {"config", of_each(Type::map, text)}}};
  const Shape exec{Type::object,
                   {{"apiVersion", text},
                    {"command", text},
                    {"args", texts},
                    {"env", of_each(Type::list, {Type::object, {{"name", text}, {"value", text}}})},
                    {"installHint", text},
                    {"interactiveMode", text},
                    {"provideClusterInfo", flag}}};
  const Shape user{Type::object,
                   {{"client-certificate", text},
                    {"client-certificate-data", text},
                    {"client-key", text},
                    {"client-key-data", text},
                    {"token", text},
                    {"tokenFile", text},
                    {"as", text},
                    {"as-uid", text},
                    {"as-groups", texts},
                    {"as-user-extra", of_each(Type::map, texts)},
                    {"username", text},
                    {"password", text},
                    {"auth-provider", provider},
                    {"exec", exec},
                    {"extensions", extensions}}};
  const Shape context{Type::object, {{"cluster", text}, {"user", text}, {"namespace", text}, {"extensions", extensions}}};
  return {Type::object,
          {{"apiVersion", text},
           {"kind", text},
           {"preferences", {Type::object, {{"colors", flag}, {"extensions", extensions}}}},
           {"clusters", named("cluster", cluster)},
           {"users", named("user", user)},
           {"contexts", named("context", context)},
           {"current-context", text},
           {"extensions", extensions}}};
}

bool fits(const json& value, Type type) {
  switch (type) {
    case Type::text: return value.is_string();
    case Type::flag: return value.is_boolean();
    case Type::list: return value.is_array();
    case Type::map:
    case Type::object: return value.is_object();
    case Type::anything: break;
  }
  return true;
}

std::string_view name_of(Type type) {
  switch (type) {
    case Type::text: return "a string";
    case Type::flag: return "true or false";
    case Type::list: return "a list";
    default: return "a map";
  }
}

std::string_view type_of(const json& value) {
  if (value.is_string()) return "a string";
  if (value.is_boolean()) return "a boolean";
  if (value.is_number()) return "a number";
  return value.is_array() ? "a list" : "a map";
}

std::string escaped(const std::string& key) {
  std::string result;
  for (const char c : key) result += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return result;
}

/// Walks a document beside its shape.
class Walk {
 public:
  explicit Walk(const yaml::Document& document) : document_(document) {}

  Result<void> check(const json& value, const Shape& shape) {
    if (value.is_null()) return {};
    if (!fits(value, shape.type)) return mismatch(value, shape.type);
    switch (shape.type) {
      case Type::list:
        for (std::size_t i = 0; i < value.size(); ++i) {
          if (auto item = descend(std::to_string(i), value[i], shape.fields.front().second); !item) return item;
        }
        return {};
      case Type::map:
        for (const auto& [key, item] : value.items()) {
          if (auto checked = descend(key, item, shape.fields.front().second); !checked) return checked;
        }
        return {};
      case Type::object:
        for (const auto& [key, field] : shape.fields) {
          const auto found = value.find(key);
          if (found == value.end()) continue;
          if (auto checked = descend(key, *found, field); !checked) return checked;
        }
        return {};
      default: return {};
    }
  }

 private:
  Result<void> descend(const std::string& key, const json& value, const Shape& shape) {
    path_.push_back(key);
    auto checked = check(value, shape);
    path_.pop_back();
    return checked;
  }

  Result<void> mismatch(const json& value, Type wanted) const {
    if (path_.empty()) return Failure{{Code::invalid_input, "this is no kubeconfig: a map is expected", yaml::place_of(document_)}};
    std::string pointer;
    std::string name;
    for (const std::string& key : path_) {
      pointer += "/" + escaped(key);
      const bool is_number = key.find_first_not_of("0123456789") == std::string::npos;
      name += is_number ? "[" + key + "]" : (name.empty() ? "" : ".") + key;
    }
    const bool needs_quotes = wanted == Type::text && !value.is_structured();
    return Failure{{.code = Code::invalid_input,
                    .message = fmt::format("'{}' must be {}, not {}", name, name_of(wanted), type_of(value)),
                    .place = yaml::place_of(document_, pointer),
                    .hint = needs_quotes ? "put the value into quotes" : "see 'kubectl config view'"}};
  }

  const yaml::Document& document_;
  std::vector<std::string> path_;
};

}  // namespace

Result<void> check_shape(const yaml::Document& document) {
  static const Shape shape = kubeconfig_shape();
  return Walk{document}.check(document.value, shape);
}

}  // namespace fedctl::kubeconfig

#include "fuzz.hpp"
#include "http/message.hpp"
#include "kube/answer.hpp"
#include "kube/discovery.hpp"
#include "kube/pod_trouble.hpp"
#include "kube/readiness.hpp"
#include "kube/references.hpp"
#include "kube/status.hpp"
#include "kube/stream.hpp"

#include <optional>

using namespace fedctl;
using nlohmann::json;

namespace {

const std::vector<kube::Resource>& types() {
  static const std::vector<kube::Resource> all{
      {"", "v1", "ConfigMap", "configmaps"}, {"apps", "v1", "Deployment", "deployments"}, {"example.com", "v1", "Widget", "widgets"}};
  return all;
}

void read_object(const json& object) {
  static_cast<void>(kube::readiness_of(object));
  static_cast<void>(kube::trouble_of_pod(object));
  static_cast<void>(kube::references_of(object));
  static_cast<void>(kube::pod_template_of(object));
  static_cast<void>(kube::to_string(kube::key_of(object)));
}

void read_list(std::string_view input, const json& body) {
  const kube::Page all = kube::parse_page(input, {});
  const kube::Page none = kube::parse_page(input, [](const json&) { return false; });
  fuzz::require(all.body == body || body.is_discarded(), "a page whose items are all kept is the answer itself");
  for (const kube::Resource& type : types()) {
    const auto problem = kube::problem_of_list(body, type, {});
    if (problem) {
      fuzz::require_in_our_words(*problem);
    } else {
      fuzz::require(none.items == list_at(body, "items").size(), "all items of a list are counted");
      fuzz::require(list_at(none.body, "items").empty(), "no item is kept that is not worth it");
    }
    if (const auto other = kube::problem_of_object(body, type, {"a"})) fuzz::require_in_our_words(*other);
    if (const auto other = kube::problem_of_removal(body, type, {"a"})) fuzz::require_in_our_words(*other);
  }
}

void read_discovery(const json& body) {
  kube::Discovery discovery;
  kube::read_aggregated(body, discovery);
  kube::read_resource_list(body, discovery);
  for (const kube::Resource& resource : discovery.resources()) {
    fuzz::require(discovery.find(resource.type()) != nullptr, "a type that was read is found");
    static_cast<void>(fuzz::is_good(discovery.match(resource.qualified_plural())));
  }
  static_cast<void>(fuzz::is_good(discovery.match("web")));
}

/// The events of a stream, and how it ended, whatever pieces it comes in.
std::string events_of(std::string_view stream, std::size_t piece) {
  std::string seen;
  std::optional<Error> problem;
  kube::EventReader reader{[&](const std::string& type, const json& object) {
                             read_object(object);
                             seen += type + to_text(object) + "\n";
                             return type != "ERROR";
                           },
                           [](const json&) { return std::optional<Error>{}; }, problem};
  for (std::size_t begin = 0; begin < stream.size(); begin += piece) {
    if (!reader(stream.substr(begin, piece))) break;
  }
  if (problem) fuzz::require_in_our_words(*problem);
  return seen + (problem ? problem->message : "");
}

}  // namespace

/// Whatever a server answers, as a list, an object, discovery, a refusal or a watch.
void fuzz::run(std::string_view input) {
  const json body = parse_json(input);
  read_list(input, body);
  read_discovery(body);
  read_object(body);
  for (const long status : {200L, 403L, 404L, 409L, 422L, 500L}) {
    const http::Response response{.status = status, .body = std::string{input}};
    require_in_our_words(kube::error_from(response));
    static_cast<void>(kube::is_missing_namespace(response));
  }
  require(events_of(input, 1) == events_of(input, input.size() + 1), "a stream is read alike in any pieces");
}

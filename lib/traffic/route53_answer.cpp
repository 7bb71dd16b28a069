#include "traffic/route53_answer.hpp"

#include <fmt/format.h>
#include <pugixml.hpp>
#include <string_view>

namespace fedctl::traffic::route53 {
namespace {

/// The root element, which has to have the name.
Result<pugi::xml_node> root_of(pugi::xml_document& document, const std::string& body, std::string_view name) {
  const pugi::xml_parse_result parsed = document.load_buffer(body.data(), body.size());
  const pugi::xml_node root = document.document_element();
  if (parsed && root.name() == name) return root;
  const std::string found = parsed && root ? fmt::format("<{}>", root.name()) : "what is no XML";
  return Failure{{.code = Code::rejected,
                  .message = fmt::format("Route 53 answered with {}, not with <{}>", found, name),
                  .hint = "look at AWS_ENDPOINT_URL, and at any proxy before it"}};
}

/// What of the answer nothing can be done without.
Error lacks(std::string_view what) { return {Code::rejected, fmt::format("the answer of Route 53 lacks {}", what)}; }

}  // namespace

Result<std::vector<LiveSet>> live_sets_in(const std::string& body, const Record& record) {
  pugi::xml_document document;
  const auto root = root_of(document, body, "ListResourceRecordSetsResponse");
  if (!root) return Failure{root.error()};
  const pugi::xml_node list = root->child("ResourceRecordSets");
  if (!list) return Failure{lacks("its record sets")};
  std::vector<LiveSet> sets;
  for (const pugi::xml_node node : list.children("ResourceRecordSet")) {
    if (!same_name(node.child_value("Name"), record.name) || record.type != node.child_value("Type")) continue;
    LiveSet set;
    set.set_identifier = node.child_value("SetIdentifier");
    set.value = node.child("ResourceRecords").child("ResourceRecord").child_value("Value");
    set.health_check = node.child_value("HealthCheckId");
    set.ttl = node.child("TTL").text().as_int();
    sets.push_back(std::move(set));
  }
  return sets;
}

Result<ChangeStatus> change_in(const std::string& body) {
  pugi::xml_document document;
  auto root = root_of(document, body, "ChangeResourceRecordSetsResponse");
  if (!root) root = root_of(document, body, "GetChangeResponse");
  if (!root) return Failure{root.error()};
  const pugi::xml_node info = root->child("ChangeInfo");
  ChangeStatus change{info.child_value("Id"), false};
  const std::string_view status = info.child_value("Status");
  if (change.id.empty() || (status != "PENDING" && status != "INSYNC")) return Failure{lacks("the change's Id, or its Status")};
  change.is_in_sync = status == "INSYNC";
  return change;
}

Result<std::string> health_check_in(const std::string& body) {
  pugi::xml_document document;
  const auto root = root_of(document, body, "CreateHealthCheckResponse");
  if (!root) return Failure{root.error()};
  std::string id = root->child("HealthCheck").child_value("Id");
  if (id.empty()) return Failure{lacks("the health check's Id")};
  return id;
}

Result<bool> is_healthy_in(const std::string& body) {
  pugi::xml_document document;
  const auto root = root_of(document, body, "GetHealthCheckStatusResponse");
  if (!root) return Failure{root.error()};
  std::size_t all = 0;
  std::size_t good = 0;
  for (const pugi::xml_node checker : root->child("HealthCheckObservations").children("HealthCheckObservation")) {
    ++all;
    const std::string_view status = checker.child("StatusReport").child_value("Status");
    good += status.starts_with("Success") ? 1 : 0;
  }
  return good * 100 > all * 18;
}

Refusal refusal_in(const std::string& body) {
  pugi::xml_document document;
  document.load_buffer(body.data(), body.size());
  const auto text_of = [&](const char* path) { return std::string{document.select_node(path).node().child_value()}; };
  return {text_of("//*[local-name()='Code']"), text_of("//*[local-name()='Message']")};
}

}  // namespace fedctl::traffic::route53

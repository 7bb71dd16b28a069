#include "traffic/dns_endpoint.hpp"

#include "http/rest.hpp"

#include <fmt/format.h>
#include <chrono>

namespace fedctl::traffic {
namespace {

using nlohmann::json;

kube::Resource endpoints() {
  return {.group = "externaldns.k8s.io", .version = "v1alpha1", .kind = "DNSEndpoint", .plural = "dnsendpoints"};
}

class DnsEndpoint : public Provider {
 public:
  DnsEndpoint(kube::Client& client, std::string name_space, std::string name, time::Duration patience)
      : client_(client), name_space_(std::move(name_space)), name_(std::move(name)), patience_(patience) {}

  std::string display_name() const override { return fmt::format("DNSEndpoint {}/{} in {}", name_space_, name_, client_.cluster()); }

  Task<Result<Answer>> current(Record record) override {
    auto live = co_await client_.get(endpoints(), name_space_, name_);
    Answer answer;
    if (!live && live.error().code == Code::not_found) co_return answer;
    if (!live) co_return Failure{live.error()};
    const json entries = kube::list_at(kube::map_at(*live, "spec"), "endpoints");
    for (const json& entry : entries) {
      if (!is_entry(entry, record)) continue;
      const json targets = kube::list_at(entry, "targets");
      if (!targets.empty() && targets.front().is_string()) answer.value = targets.front().get<std::string>();
      answer.ttl = static_cast<int>(kube::integer_in(entry, "/recordTTL", 0));
    }
    co_return answer;
  }

  Task<Result<Done>> put(Record record) override {
    json object{{"apiVersion", "externaldns.k8s.io/v1alpha1"}, {"kind", "DNSEndpoint"}};
    object["metadata"] = json{{"name", name_}, {"namespace", name_space_}};
    json entries = json::array();
    auto live = co_await client_.get(endpoints(), name_space_, name_);
    if (!live && live.error().code != Code::not_found) co_return Failure{live.error()};
    if (live) entries = kube::list_at(kube::map_at(*live, "spec"), "endpoints");
    const bool is_told = live && kube::map_at(*live, "status").contains("observedGeneration");
    bool is_there = false;
    for (json& entry : entries) {
      if (!is_entry(entry, record)) continue;
      is_there = true;
      entry["targets"] = json::array({record.value});
      entry["recordTTL"] = record.ttl;
    }
    if (!is_there) {
      json entry{{"dnsName", record.name}, {"recordType", record.type}, {"recordTTL", record.ttl}};
      entry["targets"] = json::array({record.value});
      entries.push_back(std::move(entry));
    }
    object["spec"] = json{{"endpoints", entries}};
    const kube::ApplyOptions options;
    auto applied = co_await client_.apply(endpoints(), std::move(object), options);
    if (!applied) co_return Failure{applied.error()};
    if (!is_told) co_return Done{};
    co_return co_await wait_until_seen(kube::integer_in(applied->object, "/metadata/generation", 0));
  }

 private:
  static bool is_entry(const json& entry, const Record& record) {
    return same_name(kube::string_at(entry, "dnsName"), record.name) && kube::string_at(entry, "recordType") == record.type;
  }

  Task<Result<Done>> wait_until_seen(std::int64_t generation) {
    const auto deadline = std::chrono::steady_clock::now() + patience_;
    while (true) {
      const auto live = co_await client_.get(endpoints(), name_space_, name_);
      if (live && kube::integer_in(*live, "/status/observedGeneration", 0) >= generation) co_return Done{};
      if (std::chrono::steady_clock::now() >= deadline) {
        Error error{Code::timeout, fmt::format("ExternalDNS has not taken up DNSEndpoint {}/{}", name_space_, name_)};
        error.hint = "look whether ExternalDNS runs with --source=crd, and at its log";
        co_return Failure{in_cluster(std::move(error), client_.cluster())};
      }
      const http::Rest rest = co_await http::rest(client_.loop(), time::Duration{500});
      if (rest == http::Rest::interrupted) co_return Failure{{Code::cancelled, "interrupted"}};
    }
  }

  kube::Client& client_;
  std::string name_space_;
  std::string name_;
  time::Duration patience_;
};

}  // namespace

std::unique_ptr<Provider> make_dns_endpoint(kube::Client& client, std::string name_space, std::string name, time::Duration patience) {
  return std::make_unique<DnsEndpoint>(client, std::move(name_space), std::move(name), patience);
}

}  // namespace fedctl::traffic

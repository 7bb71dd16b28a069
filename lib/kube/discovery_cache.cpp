#include "kube/discovery_cache.hpp"

#include "base/encoding.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <chrono>

namespace fedctl::kube {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using Document = std::shared_ptr<const json>;

/// A document that was written longer ago than this is removed when another one is written. If a server still has it, the next run asks
/// that server again.
constexpr std::chrono::days longest_kept{30};

/// "apps" of "/apis/apps/v1"; empty for the core group.
std::string group_of(const std::string& path) {
  const auto parts = text::split(path, '/');
  return parts.size() > 3 ? parts[2] : std::string{};
}

fs::path file_of(const fs::path& folder, const http::Endpoint& endpoint) {
  return folder / "discovery" / (encoding::sha256(endpoint.url + "\n" + endpoint.tls.ca_pem).substr(0, 32) + ".json");
}

void remove_old(const fs::path& folder) {
  std::error_code ignored;
  const auto oldest = fs::file_time_type::clock::now() - longest_kept;
  for (const auto& entry : fs::directory_iterator{folder, ignored}) {
    std::error_code none;
    const auto written = entry.last_write_time(none);
    if (!none && written < oldest) fs::remove(entry.path(), none);
  }
}

void read_document(const json& document, Discovery& discovery) {
  if (string_at(document, "kind") == "APIGroupDiscoveryList") read_aggregated(document, discovery);
  if (string_at(document, "kind") == "APIResourceList") read_resource_list(document, discovery);
}

}  // namespace

struct DiscoveryCache::Known {
  std::map<std::string, Document> documents;     ///< By digest.
  std::map<std::string, Discovery> discoveries;  ///< By the digests of all documents.
  Counts counts;
};

DiscoveryCache::DiscoveryCache(fs::path folder) : folder_(std::move(folder)), known_(std::make_shared<Known>()) {}

DiscoveryCache::Counts DiscoveryCache::counts() const { return known_->counts; }

DiscoveryCache::Server DiscoveryCache::load(const http::Endpoint& endpoint) const {
  Server server;
  if (folder_.empty()) return server;
  const json kept = parse_json(file::read(file_of(folder_, endpoint), file::small_and_regular).value_or(""));
  if (const auto asked = time::parse_instant(string_at(kept, "asked"))) server.asked = *asked;
  for (const auto& [path, document] : map_at(kept, "documents").items())
    server.documents[path] = {string_at(document, "etag"), string_at(document, "digest")};
  return server;
}

void DiscoveryCache::store(const http::Endpoint& endpoint, const Server& server) const {
  if (folder_.empty() || !server.asked) return;
  json documents = json::object();
  for (const auto& [path, kept] : server.documents) documents[path] = {{"etag", kept.etag}, {"digest", kept.digest}};
  const json text{{"asked", time::format_instant(*server.asked)}, {"documents", std::move(documents)}};
  static_cast<void>(file::write_atomically(file_of(folder_, endpoint), to_text(text), file::cached));
}

Document DiscoveryCache::document(const std::string& digest) const {
  const auto known = known_->documents.find(digest);
  if (known != known_->documents.end()) return known->second;
  if (folder_.empty() || !file::is_path_segment(digest)) return nullptr;
  const fs::path path = folder_ / "discovery" / "bodies" / digest;
  const auto text = file::read(path, file::small_and_regular);
  if (!text) return nullptr;
  if (encoding::sha256(*text) != digest) {
    std::error_code ignored;
    fs::remove(path, ignored);
    return nullptr;
  }
  return keep(*text) ? known_->documents.at(digest) : nullptr;
}

std::optional<std::string> DiscoveryCache::keep(std::string_view text) const {
  const std::string digest = encoding::sha256(text);
  if (known_->documents.contains(digest)) return digest;
  ++known_->counts.parsed;
  // Read as a list, which may not stand there twice.
  auto document = std::make_shared<const json>(parse_json(text, "items", [](const json&) { return true; }));
  if (!is_discovery_document(*document)) return std::nullopt;
  known_->documents.emplace(digest, std::move(document));
  const fs::path path = folder_ / "discovery" / "bodies" / digest;
  std::error_code ignored;
  if (folder_.empty() || fs::exists(path, ignored)) return digest;
  if (file::write_atomically(path, text, file::cached)) remove_old(path.parent_path());
  return digest;
}

std::optional<Discovery> DiscoveryCache::discovery(const Server& server) const {
  std::string digests;
  for (const auto& [path, kept] : server.documents) digests += path + " " + kept.digest + "\n";
  const auto known = known_->discoveries.find(digests);
  if (known != known_->discoveries.end()) return known->second;
  ++known_->counts.assembled;
  Discovery all;
  for (const char* root : {"/api", "/apis"}) {
    const auto found = server.documents.find(root);
    const Document document = found == server.documents.end() ? nullptr : this->document(found->second.digest);
    if (!document) return std::nullopt;
    read_document(*document, all);
    for (std::string& group : groups_not_understood(*document)) all.add_silent_group(std::move(group));
    for (const std::string& path : version_paths(*document)) {
      const auto version = server.documents.find(path);
      const Document resources = version == server.documents.end() ? nullptr : this->document(version->second.digest);
      if (version != server.documents.end() && !resources) return std::nullopt;
      const bool is_it = resources && path.ends_with("/" + string_at(*resources, "groupVersion"));
      if (is_it) read_document(*resources, all);
      if (!is_it) all.add_silent_group(group_of(path));
    }
  }
  known_->discoveries.emplace(std::move(digests), all);
  return all;
}

}  // namespace fedctl::kube

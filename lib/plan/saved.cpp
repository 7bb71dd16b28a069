#include "plan/saved.hpp"

#include "base/encoding.hpp"
#include "base/json.hpp"
#include "base/process.hpp"
#include "base/time.hpp"
#include "plan/document.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <chrono>

namespace fedctl::plan {
namespace {

using manifest::Manifest;
using nlohmann::json;

/// The file's format; another number is another format.
constexpr int format_version = 1;

json identity_of(const json& object) {
  return {{"apiVersion", kube::string_at(object, "apiVersion")},
          {"kind", kube::string_at(object, "kind")},
          {"namespace", kube::namespace_of(object)},
          {"name", kube::name_of(object)}};
}

bool is_secret(const json& object) {
  const std::string kind = kube::string_at(object, "kind");
  const json of_template = kube::map_at(kube::map_at(object, "spec"), "template");
  return kind == "Secret" || kind == "FederatedSecret" || kube::string_at(of_template, "kind") == "Secret";
}

SavedManifest saved_manifest(const Manifest& manifest, const std::string& salt) {
  SavedManifest saved{.place = manifest.place(), .identity = identity_of(manifest.object)};
  json whole = manifest.whole();
  saved.digest = encoding::hmac_sha256(salt, fedctl::to_text(whole));
  if (!is_secret(whole)) saved.object = std::move(whole);
  return saved;
}

Failure stale(const SavedManifest& wanted, std::string message) {
  return Failure{{.code = Code::conflict,
                  .message = std::move(message),
                  .place = wanted.place,
                  .object = fmt::format("{} {}", string_at(wanted.identity, "kind"), string_at(wanted.identity, "name")),
                  .hint = "Secrets are not kept in plan files; plan again"}};
}

Result<Manifest> read_again(const SavedManifest& wanted, std::vector<Manifest>& source, const std::string& salt) {
  const auto found = std::ranges::find_if(source, [&](const Manifest& one) { return identity_of(one.object) == wanted.identity; });
  if (found == source.end()) return stale(wanted, "the input does not hold this Secret any more");
  if (encoding::hmac_sha256(salt, fedctl::to_text(found->whole())) != wanted.digest)
    return stale(wanted, "this Secret is not the one that was planned");
  return std::move(*found);
}

SavedManifest read_manifest(const Part& part) {
  SavedManifest saved{.place = part.text("place"), .identity = part.at("identity").value(), .digest = part.text("digest")};
  for (const char* key : {"apiVersion", "kind", "namespace", "name"}) static_cast<void>(part.at("identity").text(key));
  if (part.has("object")) saved.object = part.at("object").map();
  return saved;
}

SavedPlan read_saved(const Part& part) {
  SavedPlan saved{.version = part.text("version"),
                  .made_by = part.text("madeBy"),
                  .created = part.text("created"),
                  .salt = part.text("salt"),
                  .command = part.at("command").map(),
                  .plan = read_plan(part.at("plan"))};
  for (const Part& manifest : part.items("manifests")) saved.manifests.push_back(read_manifest(manifest));
  return saved;
}

}  // namespace

SavedPlan save(Plan plan, std::span<const Manifest> manifests, json command) {
  SavedPlan saved{.version = FEDCTL_VERSION, .made_by = process::user_at_machine(), .command = std::move(command), .plan = std::move(plan)};
  saved.created = time::format_instant(std::chrono::system_clock::now());
  saved.salt = encoding::random_hex(32);
  for (const Manifest& manifest : manifests) saved.manifests.push_back(saved_manifest(manifest, saved.salt));
  return saved;
}

std::string to_text(const SavedPlan& saved) {
  json manifests = json::array();
  for (const SavedManifest& manifest : saved.manifests) {
    json item{{"place", manifest.place}, {"identity", manifest.identity}, {"digest", manifest.digest}};
    if (!manifest.object.is_null()) item["object"] = manifest.object;
    manifests.push_back(std::move(item));
  }
  const json document{{"apiVersion", "fedctl.io/v1alpha1"},
                      {"kind", "SavedPlan"},
                      {"format", format_version},
                      {"version", saved.version},
                      {"madeBy", saved.made_by},
                      {"created", saved.created},
                      {"salt", saved.salt},
                      {"command", saved.command},
                      {"manifests", std::move(manifests)},
                      {"plan", to_document(saved.plan, Detail::whole)}};
  return fedctl::to_text(document, 1) + "\n";
}

Result<SavedPlan> parse_saved(std::string_view text) {
  const json document = parse_json(text);
  if (kube::string_at(document, "kind") != "SavedPlan") {
    return Failure{
        {.code = Code::invalid_input, .message = "this is no plan that fedctl saved", .hint = "make one with 'fedctl plan --out FILE'"}};
  }
  if (const auto format = integer_at(document, "format"); format != format_version) {
    return Failure{{.code = Code::invalid_input,
                    .message = fmt::format("the plan's format is {}, and this fedctl reads format {}", format, format_version),
                    .hint = fmt::format("it was made by fedctl {}; plan again", kube::string_at(document, "version"))}};
  }
  return read_whole([&] { return read_saved(Part{document}); });
}

bool needs_source(const SavedPlan& saved) {
  return std::ranges::any_of(saved.manifests, [](const SavedManifest& manifest) { return manifest.object.is_null(); });
}

Result<std::vector<Manifest>> manifests_of(const SavedPlan& saved, std::vector<Manifest> source) {
  std::vector<Manifest> manifests;
  for (const SavedManifest& kept : saved.manifests) {
    if (!kept.object.is_null()) {
      if (encoding::hmac_sha256(saved.salt, fedctl::to_text(kept.object)) != kept.digest)
        return Failure{
            {.code = Code::invalid_input, .message = "the saved plan was changed by hand", .place = kept.place, .hint = "plan again"}};
      Manifest manifest;
      manifest.object = kept.object;
      manifest.origin = kept.place;
      manifests.push_back(std::move(manifest));
      continue;
    }
    auto again = read_again(kept, source, saved.salt);
    if (!again) return Failure{again.error()};
    manifests.push_back(std::move(*again));
  }
  return manifests;
}

}  // namespace fedctl::plan

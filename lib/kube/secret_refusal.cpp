#include "kube/secret_refusal.hpp"

#include "kube/secret_words.hpp"

#include <algorithm>
#include <array>

namespace fedctl::kube {
namespace {

/// `secrets "x" is forbidden: User "u" cannot patch resource "secrets"`, as the API server's authorizers say it.
bool is_about_rights(const Error& error) {
  return error.code == Code::forbidden && error.message.find(" cannot ") != std::string::npos &&
         error.message.find(" resource ") != std::string::npos;
}

/// No answer came, or none of an API server: these words are ours.
bool comes_from_us(const Error& error) {
  constexpr std::array ours{Code::cancelled, Code::timeout, Code::expired, Code::untrusted, Code::not_kubernetes, Code::unauthorized};
  return std::ranges::find(ours, error.code) != ours.end();
}

bool may_quote(const Error& error, const Resource& resource) {
  return resource.kind.ends_with("Secret") && !comes_from_us(error) && !is_about_rights(error);
}

}  // namespace

Error without_values(Error error, const Resource& resource) {
  if (may_quote(error, resource) && error.code != Code::not_found) error.message = without_quoted(error.message);
  return error;
}

Task<Error> without_values(Client& client, Error error, Resource resource, std::string name_space, std::string name, nlohmann::json sent) {
  if (!may_quote(error, resource)) co_return error;
  error = without_secrets(std::move(error), resource.kind, sent);
  const auto live = co_await client.get(resource, name_space, name);
  if (live) co_return without_secrets(std::move(error), resource.kind, *live);
  if (live.error().code != Code::not_found) co_return without_values(std::move(error), resource);
  co_return error;
}

}  // namespace fedctl::kube

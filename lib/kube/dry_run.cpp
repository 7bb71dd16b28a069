#include "kube/dry_run.hpp"

#include "kube/answer.hpp"
#include "kube/managed_fields.hpp"
#include "kube/secret_refusal.hpp"
#include "kube/status.hpp"

#include <fmt/format.h>

namespace fedctl::kube {

using nlohmann::json;

Task<Result<json>> dry_run_patch(Client& client, Resource resource, std::string name_space, std::string name, json operations) {
  http::Request request{
      .method = "PATCH",
      .path = fmt::format("{}?fieldManager={}&fieldValidation=Strict&dryRun=All", resource.path(name_space, name), field_manager)};
  request.headers = {"Content-Type: application/json-patch+json", "Accept: application/json"};
  request.body = to_text(operations);
  const auto response = co_await client.send(std::move(request));
  if (!response) co_return Failure{response.error()};
  if (response->status >= 400) {
    Error error = in_cluster(error_from(*response), client.cluster());
    co_return Failure{co_await without_values(client, std::move(error), resource, name_space, name, operations)};
  }
  json body = parse_json(response->body);
  auto problem = problem_of_object(body, resource, {name, name_space});
  if (problem) co_return Failure{in_cluster(std::move(*problem), client.cluster())};
  co_return body;
}

}  // namespace fedctl::kube

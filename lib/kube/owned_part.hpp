#pragma once

#include <nlohmann/json.hpp>

namespace fedctl::kube {

/// All fields that either set (`fieldsV1` of managed fields) has; what one has whole is whole.
nlohmann::json united(const nlohmann::json& fields, const nlohmann::json& others);

/// The fields of `fields` that `others` lacks; null where there are none.
nlohmann::json fields_less(const nlohmann::json& fields, const nlohmann::json& others);

/// Takes the fields out of `value`; a map or list that gets empty by it goes too.
void erase_fields(nlohmann::json& value, const nlohmann::json& fields);

/// The part of `object` that `fields` covers, as an apply would say it: with what names it, list items with their keys, set members
/// themselves. Fields that the object does not have are passed over.
nlohmann::json owned_part(const nlohmann::json& object, const nlohmann::json& fields);

}  // namespace fedctl::kube

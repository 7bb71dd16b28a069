#include "http/certificate.hpp"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <ctime>
#include <memory>

namespace fedctl::http {

std::optional<time::Instant> valid_until(const std::string& certificate_pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> text{BIO_new_mem_buf(certificate_pem.data(), static_cast<int>(certificate_pem.size())),
                                                       &BIO_free};
  if (!text) return std::nullopt;
  const std::unique_ptr<X509, decltype(&X509_free)> certificate{PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr), &X509_free};
  std::tm parts{};
  if (!certificate || ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &parts) != 1) return std::nullopt;
  return time::instant_of(timegm(&parts));
}

}  // namespace fedctl::http

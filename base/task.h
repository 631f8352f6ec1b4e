// SPDX-License-Identifier: Apache-2.0
// Task<T>: the one coroutine type of the project.
#pragma once

#include <boost/asio/awaitable.hpp>

namespace barnabas {

template <class T>
using Task = boost::asio::awaitable<T>;

}  // namespace barnabas

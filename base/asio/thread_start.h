// SPDX-License-Identifier: Apache-2.0
// Starting a named thread that takes no signals: those are for the main thread.
#pragma once

#include <functional>
#include <string>
#include <thread>

namespace barnabas {

std::thread start_thread(const std::string& name, std::function<void()> body);

}  // namespace barnabas

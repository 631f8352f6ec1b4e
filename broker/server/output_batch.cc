// SPDX-License-Identifier: Apache-2.0
// The place in the batch: a frame, the bytes of it that are sent, and the ranges.
#include "broker/server/output_batch.h"

#include <algorithm>

#include "base/assert.h"

namespace barnabas::broker {
namespace {

constexpr size_t parts_max = 64;

}  // namespace

void OutputBatch::clear() {
    frames_.clear();
    frame_ = byte_ = splice_ = 0;
    in_range_ = 0;
}

void OutputBatch::release() {
    clear();
    frames_ = {};
    parts_ = {};
}

size_t OutputBatch::bytes_end(size_t frame, size_t splice) const {
    const auto& splices = frames_[frame].splices;
    return splice < splices.size() ? splices[splice].position : frames_[frame].bytes.size();
}

std::span<const Bytes> OutputBatch::bytes() {
    ASSERT(!done());
    parts_.clear();
    size_t room = piece_bytes_max_;
    size_t from = byte_;
    size_t splice = splice_;
    for (size_t frame = frame_; frame < frames_.size(); ++frame) {
        const auto& bytes = frames_[frame].bytes;
        const size_t end = bytes_end(frame, splice);
        ASSERT(from <= end && end <= bytes.size());
        const size_t count = std::min(end - from, room);
        if (count > 0) parts_.emplace_back(bytes.data() + from, count);
        room -= count;
        const bool stops = splice < frames_[frame].splices.size();
        if (stops || room == 0 || parts_.size() == parts_max) break;
        from = splice = 0;
    }
    return parts_;
}

FileRange OutputBatch::range() const {
    ASSERT(!done() && byte_ == bytes_end(frame_, splice_));
    FileRange rest = frames_[frame_].splices.at(splice_).range;
    rest.position += in_range_;
    rest.size = std::min<uint64_t>(rest.size - in_range_, piece_bytes_max_);
    return rest;
}

void OutputBatch::sent(uint64_t count) {
    while (count > 0) {
        ASSERT(!done(), "no call sends more than it was given");
        const uint64_t bytes = std::min<uint64_t>(count, bytes_end(frame_, splice_) - byte_);
        byte_ += bytes;
        count -= bytes;
        if (bytes == 0) {
            const uint64_t size = frames_[frame_].splices.at(splice_).range.size;
            const uint64_t part = std::min(count, size - in_range_);
            in_range_ += part;
            count -= part;
        }
        skip_finished();
    }
}

// Goes on from ranges and frames that are sent.
void OutputBatch::skip_finished() {
    while (!done() && byte_ == bytes_end(frame_, splice_)) {
        const auto& splices = frames_[frame_].splices;
        if (splice_ < splices.size()) {
            if (in_range_ < splices[splice_].range.size) return;
            ++splice_;
            in_range_ = 0;
        } else {
            ++frame_;
            byte_ = splice_ = 0;
        }
    }
}

}  // namespace barnabas::broker

// Memory for large outputs that outlives them. The system hands out every new page zeroed and one fault at a time, which
// takes as long as the kernel itself; a block that comes back is lent again as it is.
#pragma once
#include <cstddef>
#include <cstdint>

namespace porter {

// How much may lie idle; what exceeds it goes back to the system, the oldest first. 0: take() lends nothing.
void limit_pool(int64_t bytes);
// At least so much memory, with any content, aligned to a page; nullptr where there is none to be had.
void *take(int64_t bytes);
void give(void *block);
int64_t idle_bytes();

}  // namespace porter

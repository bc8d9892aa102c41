// Which instruction set a call uses.
#pragma once
#include "kernel.h"

namespace porter {

enum Isa : int32_t { kBest = 0, kBaseline = 1, kAvx2 = 2, kAvx512 = 3 };

// The widest set that was compiled, that the processor has, and that `limit` allows (kBest: any).
int32_t choose(int32_t limit);
const Type *types_for(int32_t limit);

}  // namespace porter

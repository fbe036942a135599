#include "bricks/machine_cpu.h"

#include <cpuid.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"

enum { HYPERVISOR_LEAF = 0x40000000 };

static struct cpuid read_cpuid(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid c = {{0}};
    if (leaf == HYPERVISOR_LEAF) // beyond the highest basic leaf: cpuid.h's own check refuses it
        __cpuid_count(leaf, subleaf, c.reg[EAX], c.reg[EBX], c.reg[ECX], c.reg[EDX]);
    else if (!__get_cpuid_count(leaf, subleaf, &c.reg[EAX], &c.reg[EBX], &c.reg[ECX], &c.reg[EDX]))
        return (struct cpuid){{0}};
    return c;
}

static uint64_t read_saved_state(void)
{
    enum { OSXSAVE = 27 };
    if (!(read_cpuid(1, 0).reg[ECX] >> OSXSAVE & 1))
        return 0;
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

const struct cpu_reader this_cpu = {read_cpuid, read_saved_state};

enum { XMM_YMM = 0x6, ZMM = 0xe6, TILE = 0x600e6 };

// Instruction sets as oneDNN names them; a CPU has one if it has this row's features and those of
// the rows that it stands on (bits of `needs`: rows above).
enum { SSE41, AVX, AVX2, AVX2_VNNI, CORE, VNNI, BF16, FP16, AMX, N_ISAS };
#define NEEDS(row) (1u << (row))

static const struct isa {
    const char *name;
    unsigned needs;
    uint64_t saved; // state components
    uint32_t leaf, subleaf;
    struct cpuid bits;
} isas[N_ISAS] = {
    [SSE41] = {"sse41", 0, 0, 1, 0, {{[ECX] = 1u << 19}}},
    [AVX] = {"avx", NEEDS(SSE41), XMM_YMM, 1, 0, {{[ECX] = 1u << 28}}},
    [AVX2] = {"avx2", NEEDS(AVX), XMM_YMM, 7, 0, {{[EBX] = 1u << 5}}},
    [AVX2_VNNI] = {"avx2_vnni", NEEDS(AVX2), XMM_YMM, 7, 1, {{[EAX] = 1u << 4}}},
    // F, DQ, BW and VL
    [CORE] = {"avx512_core",
              NEEDS(AVX2),
              ZMM,
              7,
              0,
              {{[EBX] = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31}}},
    [VNNI] = {"avx512_core_vnni", NEEDS(CORE), ZMM, 7, 0, {{[ECX] = 1u << 11}}},
    [BF16] = {"avx512_core_bf16", NEEDS(VNNI), ZMM, 7, 1, {{[EAX] = 1u << 5}}},
    [FP16] = {"avx512_core_fp16", NEEDS(BF16) | NEEDS(AVX2_VNNI), ZMM, 7, 0, {{[EDX] = 1u << 23}}},
    // bf16, tile and int8
    [AMX] =
        {"avx512_core_amx", NEEDS(FP16), TILE, 7, 0, {{[EDX] = 1u << 22 | 1u << 24 | 1u << 25}}},
};

static bool has_bits(const struct cpu_reader *cpu, const struct isa *isa)
{
    struct cpuid c = cpu->cpuid(isa->leaf, isa->subleaf);
    for (int r = 0; r < 4; r++)
        if ((c.reg[r] & isa->bits.reg[r]) != isa->bits.reg[r])
            return false;
    return true;
}

static const char *best_isa(const struct cpu_reader *cpu)
{
    uint64_t saved = cpu->saved_state();
    unsigned have = 0;
    const char *best = "x86";
    for (int i = 0; i < N_ISAS; i++) {
        const struct isa *isa = &isas[i];
        if ((have & isa->needs) != isa->needs || (saved & isa->saved) != isa->saved ||
            !has_bits(cpu, isa))
            continue;
        have |= NEEDS(i);
        best = isa->name;
    }
    return best;
}

// Twelve bytes of a vendor's name stand in three registers, in this order.
static void vendor_name(struct cpuid c, int first, int second, int third, char *out, size_t size)
{
    char raw[13] = "";
    memcpy(raw, &c.reg[first], 4);
    memcpy(raw + 4, &c.reg[second], 4);
    memcpy(raw + 8, &c.reg[third], 4);
    printable(out, size, raw);
}

static void read_brand(struct machine *m, const struct cpu_reader *cpu)
{
    char brand[49] = "";
    for (uint32_t i = 0; i < 3; i++) {
        struct cpuid c = cpu->cpuid(0x80000002u + i, 0);
        memcpy(brand + i * 16, c.reg, 16);
    }
    char *start = brand + strspn(brand, " ");
    for (size_t n = strlen(start); n && start[n - 1] == ' '; n--)
        start[n - 1] = '\0';
    printable(m->cpu, sizeof m->cpu, start);
}

void machine_read_cpu(struct machine *m, const struct cpu_reader *cpu)
{
    vendor_name(cpu->cpuid(0, 0), EBX, EDX, ECX, m->vendor, sizeof m->vendor);
    read_brand(m, cpu);
    uint32_t id = cpu->cpuid(1, 0).reg[EAX];
    int family = id >> 8 & 15, model = id >> 4 & 15;
    m->stepping = id & 15;
    m->family = family == 15 ? family + (int)(id >> 20 & 255) : family;
    m->model = family == 6 || family == 15 ? model | (int)(id >> 16 & 15) << 4 : model;
    snprintf(m->isa, sizeof m->isa, "%s", best_isa(cpu));
    enum { HYPERVISOR = 31 };
    if (cpu->cpuid(1, 0).reg[ECX] >> HYPERVISOR & 1)
        vendor_name(cpu->cpuid(HYPERVISOR_LEAF, 0), EBX, ECX, EDX, m->hypervisor,
                    sizeof m->hypervisor);
}

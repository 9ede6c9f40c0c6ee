/* Linked into the module that `sanitize.py` builds: tells which memory was asked for by code of ours.

   AddressSanitizer follows frame pointers to the callers of an allocation, since anything else takes far too long; but
   CPython has none, so that most stacks end in it. Here words are looked at that lie on the stack: few allocations have
   an address of ours there, and only those are unwound. What turns out to be ours gets a stack that begins here. */
#define _GNU_SOURCE
#include <elf.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <unwind.h>

/* Its own section: what is called from here is not called by us. */
#define HOOK __attribute__((section("sanitize_hook"), noinline))
#define HIDDEN __attribute__((visibility("hidden")))

extern const Elf64_Ehdr __ehdr_start HIDDEN;
extern char __start_sanitize_hook[] HIDDEN, __stop_sanitize_hook[] HIDDEN;
extern void *__libc_stack_end;
extern int __sanitizer_install_malloc_and_free_hooks(void (*)(const volatile void *, size_t),
                                                     void (*)(const volatile void *));
extern int __asan_update_allocation_context(void *);
extern void *PyFloat_FromDouble(double);

/* The runtime's own frames, in which older stacks lie about, are longer than what is passed over. */
enum { PASSED = 256, LOOKED_AT = 192, CALLERS = 32 };

struct Code {
    uintptr_t start, length;
};

/* Ours, and that of the loader: what it keeps for each thread it asks for when we first look at it. */
static struct Code ours, loader;

static inline int is_in(const struct Code *code, uintptr_t address) { return address - code->start < code->length; }

static inline int is_ours(uintptr_t address) {
    return is_in(&ours, address) &&
           (address < (uintptr_t)__start_sanitize_hook || address > (uintptr_t)__stop_sanitize_hook);
}

struct Seen {
    int callers, ours;
};

HOOK static _Unwind_Reason_Code caller(struct _Unwind_Context *context, void *data) {
    struct Seen *seen = data;
    uintptr_t address = _Unwind_GetIP(context);
    seen->ours = is_ours(address);
    /* CPython uses the memory of floats again, so that it is of no one. */
    int is_no_ones = is_in(&loader, address) || _Unwind_GetRegionStart(context) == (uintptr_t)PyFloat_FromDouble;
    return seen->ours || is_no_ones || ++seen->callers > CALLERS ? _URC_END_OF_STACK : _URC_NO_REASON;
}

HOOK void allocated_by_vmcodec(const volatile void *memory, size_t size) {
    (void)size;
    const uintptr_t *word = __builtin_frame_address(0), *thread = __builtin_thread_pointer();
    /* A thread's own memory lies at the end of its stack; that of the first one lies elsewhere, below it. */
    const uintptr_t *end = thread > word ? thread : __libc_stack_end;
    word += PASSED;
    if (end > word + LOOKED_AT)
        end = word + LOOKED_AT;
    while (word < end && !is_ours(*word))
        word++;
    if (word >= end)
        return;
    struct Seen seen = {0, 0};
    _Unwind_Backtrace(caller, &seen);
    if (seen.ours)
        __asan_update_allocation_context((void *)memory);
}

HOOK static void freed(const volatile void *memory) { (void)memory; }

static struct Code code_of(const Elf64_Ehdr *file) {
    const Elf64_Phdr *part = (const void *)((const char *)file + file->e_phoff), *end = part + file->e_phnum;
    while (part < end && !(part->p_type == PT_LOAD && part->p_flags & PF_X))
        part++;
    return part < end ? (struct Code){(uintptr_t)file + part->p_vaddr, part->p_memsz} : (struct Code){0, 0};
}

__attribute__((constructor)) static void install(void) {
    ours = code_of(&__ehdr_start);
    loader = code_of((const void *)getauxval(AT_BASE));
    __sanitizer_install_malloc_and_free_hooks(allocated_by_vmcodec, freed);
}

# Flags of all our code, as the target dlb_flags.
add_library(dlb_flags INTERFACE)
target_include_directories(dlb_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_definitions(dlb_flags INTERFACE _GNU_SOURCE)
target_compile_options(dlb_flags INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla)
if(DLB_WERROR AND NOT DLB_FUZZ) # clang warns of other things
  target_compile_options(dlb_flags INTERFACE -Werror)
endif()
if(DLB_SANITIZE)
  target_compile_options(dlb_flags INTERFACE -fsanitize=address,undefined
    -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  target_link_options(dlb_flags INTERFACE -fsanitize=address,undefined)
endif()
if(DLB_FUZZ)
  # Loops are compiled, but not run: they need not be vectors.
  target_compile_options(dlb_flags INTERFACE -fsanitize=fuzzer-no-link -O1
    -Wno-pass-failed -Wno-ignored-attributes)
endif()

# SPDX-License-Identifier: MIT
# Toolchain for 64-bit ARM on a machine of another kind; what it builds runs under qemu, on a processor that has all extensions.
# Libraries come from a folder that vendor/sysroot.sh has filled: cmake -DCMAKE_TOOLCHAIN_FILE=… -DCMAKE_SYSROOT=FOLDER
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -L ${CMAKE_SYSROOT} -cpu max)

set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)

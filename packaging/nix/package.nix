# Not tested. callPackage ./package.nix { src = ./userns-helpers-v0.1.0.tar.gz; }: the modules are in the tarball.
{ lib, buildGoModule, src, gnumake }:

buildGoModule {
  pname = "userns-helpers";
  version = "0.1.0";
  inherit src;
  vendorHash = null;
  nativeBuildInputs = [ gnumake ];

  # Programs that are not where other distributions have them; the setuid wrappers are in module.nix.
  buildPhase = ''
    runHook preBuild
    patchShebangs hack
    make build PATH_getent=/run/current-system/sw/bin/getent PATH_ovsVsctl=/run/current-system/sw/bin/ovs-vsctl
    runHook postBuild
  '';
  checkPhase = "go test -trimpath ./cmd/... ./internal/...";
  installPhase = ''
    runHook preInstall
    make install DESTDIR= PREFIX=$out LIBEXECDIR=$out/libexec SUIDPERMS=755
    runHook postInstall
  '';

  meta = {
    description = "Safer setuid helpers for rootless containers";
    homepage = "https://userns-helpers.invalid/";
    license = with lib.licenses; [ bsd3 asl20 mit ];
    platforms = lib.platforms.linux;
  };
}

# About 65 MB compressed: the node binary (45), a base with nothing but glibc, libstdc++, CA certificates and a
# non-root user (12), production packages without types, source maps and readmes (7), and the compiled sources.
# The node image itself would bring npm, yarn and a Debian userland: 30 MB more, and a shell in production.

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json ./
COPY src ./src
RUN npm run build
# The optional packages are node itself for development; here the image brings it.
RUN npm ci --omit=dev --omit=optional --ignore-scripts \
  && find node_modules -type f \( -name '*.ts' -o -name '*.cts' -o -name '*.mts' -o -name '*.map' -o -name '*.md' \) -delete

FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /usr/local/bin/node /usr/local/bin/node
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY LICENSE ./
ENV NODE_ENV=production
USER 65532:65532
EXPOSE 9095
ENTRYPOINT ["node", "/app/dist/main.js"]
CMD ["run"]
